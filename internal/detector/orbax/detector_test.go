package orbax_test

import (
	"fmt"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/orbax"
)

// tree is _METADATA with one leaf below two keys, with more members.
func tree(key, valueType, more string) []byte {
	return fmt.Appendf(nil, `{"tree_metadata": {"('params', '%s')": {"key_metadata": [{"key": %q, "key_type": 2}, {"key": 0, "key_type": 1}], `+
		`"value_metadata": {"value_type": %q, "skip_deserialize": false}}}, "use_ocdbt": false, %s"custom_metadata": null}`, key, key, valueType, more)
}

// store is a description with a specification of TensorStore.
func store(spec string) []byte {
	return tree("w", "jax.Array", `"spec": {"driver": "zarr", "kvstore": `+spec+`}, `)
}

func TestDetector(t *testing.T) {
	outside, remote := []string{"orbax-reads-outside"}, []string{"orbax-reads-remote"}
	names, custom := []string{"orbax-names-dangerous"}, []string{"orbax-custom-type"}
	handlers := func(s string) []byte { return []byte(`{"item_handlers": ` + s + `, "metrics": {}}`) }
	own := `"orbax.checkpoint._src.handlers.standard_checkpoint_handler.StandardCheckpointHandler"`
	detectortest.Run(t, orbax.Detector, []detectortest.Case{
		{Name: "tree", File: "ck/_METADATA", Data: tree("kernel", "jax.Array", "")},
		{Name: "tree under another name", Data: tree("linear/~/w", "np.ndarray", "")},
		{Name: "a letter and a colon", Data: tree("w:0", "scalar", "")},
		{Name: "handlers", File: "_CHECKPOINT_METADATA", Data: handlers(own)},
		{Name: "handlers of items", Data: handlers(`{"state": ` + own + `}`)},
		{Name: "sharding", File: "_sharding", Data: []byte(`{"cGFyYW1z": "{\"sharding_type\": \"SingleDeviceSharding\", \"device_str\": \"cpu:0\"}"}`)},
		{Name: "arrays", File: "array_metadatas/process_0", Data: []byte(`{"array_metadatas": [{"array_metadata": {"param_name": "w", "ext_metadata": null}}]}`)},
		{Name: "store beside", Data: store(`{"driver": "file", "path": "arrays/w"}`)},
		{Name: "store in memory", Data: store(`{"driver": "memory", "path": "/w"}`)},
		{Name: "prose", Data: tree("w", "scalar", `"note": "see os.system in the docs", "version": "1.2.3", `)},
		{Name: "absolute", Data: tree("/etc/x", "np.ndarray", ""), Want: outside},
		{Name: "climbs", Data: tree("../../x", "np.ndarray", ""), Want: outside},
		{Name: "by the tuple alone", Data: []byte(`{"tree_metadata": {"('/srv', 'x')": {}}}`), Want: outside},
		{Name: "store outside", Data: store(`{"driver": "file", "path": "/etc/x"}`), Want: outside},
		{Name: "store by address", Data: store(`"file:///etc/x"`), Want: outside},
		{Name: "bucket", Data: store(`{"driver": "gcs", "bucket": "acme"}`), Want: remote},
		{Name: "bucket by address", Data: store(`"gs://acme/x"`), Want: remote},
		{Name: "scheme that is not known", Data: store(`"s3+https://acme/x"`), Want: remote},
		{Name: "memory by address", Data: store(`"memory://x"`)},
		{Name: "base by address", Data: store(`{"driver": "ocdbt", "base": "s3://acme/x"}`), Want: remote},
		{Name: "specification alone", Data: []byte(`{"driver": "zarr3", "kvstore": "https://example.com/x"}`), Want: remote},
		{Name: "restores by a function", Data: tree("w", "scalar", `"restore_fn": "os.system", `), Want: names},
		{Name: "foreign handler", Data: handlers(`"acme.Handler"`), Want: custom},
		{Name: "foreign type", Data: tree("w", "acme.Tensor", ""), Want: custom},
		{Name: "no JSON", File: "_METADATA", Data: []byte("text"), Unread: true},
	})
}

// TestNotOurs: other documents are left alone.
func TestNotOurs(t *testing.T) {
	for _, data := range []string{`{"kvstore_size": 3, "driver": "mysql", "path": "/var"}`, `the "kvstore" of TensorStore`, `{"tree_metadata_of": 1}`} {
		if got := detectortest.Scan([]*detector.Detector{orbax.Detector}, "x.json", []byte(data)); got.Status != audit.NotAModel {
			t.Errorf("%s: got %s (%s), want %s", data, got.Status, got.Reason, audit.NotAModel)
		}
	}
}
