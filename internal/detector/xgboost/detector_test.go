package xgboost_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/xgboost"
)

// json is a model of one tree with these children on the left.
func json(left string) []byte {
	return []byte(fmt.Sprintf(`{"learner": {"attributes": {"note": "`+note+`"}, "gradient_booster": {"model": {"trees": [`+
		`{"left_children": [%s], "right_children": [2, -1, -1], "split_indices": [90, 0, 0]}]}, "name": "gbtree"}}, "version": [2, 1, 0]}`, left))
}

// declaring is a model that says how many features it has.
func declaring(features string) []byte {
	return bytes.Replace(json("1, -1, -1"), []byte(`"attributes"`), []byte(`"learner_model_param": {"num_feature": "`+features+`"}, "attributes"`), 1)
}

// ubjson is the same in UBJSON, with typed arrays.
func ubjson(left ...int32) []byte {
	name := func(s string) []byte { return append([]byte{'i', byte(len(s))}, s...) }
	array := []byte{'[', '$', 'l', '#', 'i', byte(len(left))}
	for _, v := range left {
		array = binary.BigEndian.AppendUint32(array, uint32(v))
	}
	p := []byte("{")
	for _, s := range []string{"learner", "gradient_booster", "model"} {
		p = append(append(p, name(s)...), '{')
	}
	p = append(append(p, name("trees")...), "[#i\x01{"...)
	p = append(append(p, name("left_children")...), array...)
	p = append(p, "}}}}"...)
	return append(append(p, name("version")...), "[$i#i\x03\x02\x01\x00}"...)
}

func TestDetector(t *testing.T) {
	detectortest.Run(t, xgboost.Detector, []detectortest.Case{
		{Name: "json", File: "model.json", Data: json("1, -1, -1")},
		{Name: "json points out", File: "model.json", Data: json("7, -1, -1"), Want: []string{"xgboost-tree-outside"}},
		{Name: "json points before", File: "model.json", Data: json("-5, -1, -1"), Want: []string{"xgboost-tree-outside"}},
		{Name: "json that leads back", File: "model.json", Data: json("0, -1, -1"), Want: []string{"xgboost-tree-outside"}},
		{Name: "json of a feature before the first", File: "model.json", Data: bytes.Replace(json("1, -1, -1"), []byte("[90,"), []byte("[-9,"), 1), Want: []string{"xgboost-tree-outside"}},
		{Name: "json of as many features", File: "model.json", Data: declaring("91")},
		{Name: "json of fewer features", File: "model.json", Data: declaring("90"), Want: []string{"xgboost-tree-outside"}},
		{Name: "json without a version", Data: bytes.Replace(json("7, -1, -1"), []byte("version"), []byte("edition"), 1), Want: []string{"xgboost-tree-outside"}},
		{Name: "json that breaks off", Data: []byte(`{"learner": {"a": 1}, ?`), Unread: true},
		{Name: "ubjson", File: "model.ubj", Data: ubjson(1, -1, -1)},
		{Name: "ubjson points out", File: "model.ubj", Data: ubjson(3, -1, -1), Want: []string{"xgboost-tree-outside"}},
		{Name: "ubjson with something behind", File: "model.ubj", Data: append(ubjson(1, -1, -1), "cos\nsystem\n"...), Want: []string{"xgboost-trailing-data"}},
		{Name: "json with something behind", File: "model.json", Data: append(json("1, -1, -1"), "cos\nsystem\n"...), Want: []string{"xgboost-trailing-data"}},
		{Name: "ubjson of something else", File: "data.ubj", Data: []byte("{i\x01a[U\x01U\x02]}")},
		{Name: "under no name", Data: ubjson(3, -1, -1), Want: []string{"xgboost-tree-outside"}},
	})
}

// TestElsewhere: other documents have members of these names, too.
func TestElsewhere(t *testing.T) {
	for _, text := range []string{`{"learner": {"name": "a"}}` + "\n" + `{"learner": {"name": "b"}}`, `{"learner": "a", "version": 1}`, `{"learner": {"name": "a"}}`} {
		if got := detectortest.Scan([]*detector.Detector{xgboost.Detector}, "data.json", []byte(text)); len(got.Formats) > 0 || got.Unread() {
			t.Errorf("%s: got %q, %s", text, got.Formats, got.Status)
		}
	}
}
