package globals

import (
	"strings"
	"testing"
)

func TestPath(t *testing.T) {
	for _, c := range []struct {
		path      string
		imported  bool
		dangerous bool
	}{
		{path: "eval", dangerous: true},
		{path: "model.eval"},
		{path: "os.system", imported: true, dangerous: true},
		{path: "os.path.join", imported: true},
		{path: "subprocess.Popen.wait", imported: true, dangerous: true},
		{path: "numpy.os.system", imported: true, dangerous: true},
		{path: "re.compile", imported: true},
		{path: "self.compile"},
		{path: "self.__class__.__name__"},
		{path: ".__class__.__class__"},
		{path: ".__class__.__base__", dangerous: true},
		{path: "lipsum.__globals__", dangerous: true},
		{path: "subprocess.call", dangerous: true},
		{path: "torch.nn.Linear", imported: true},
		{path: "os.system" + strings.Repeat(".x", 50_000), imported: true, dangerous: true},
		{path: strings.Repeat("x.", 50_000) + "__globals__", imported: true, dangerous: true},
	} {
		if v, got := Path(c.path, c.imported); got != c.dangerous {
			t.Errorf("Path(%s, %v) = %+v, %v, want %v", c.path, c.imported, v, got, c.dangerous)
		}
	}
}

// What honest layers and handlers call: a survey by names alone had some of these
// for functions of other modules, and some stood below a module of which few
// functions do harm.
func TestPathOfHonestCode(t *testing.T) {
	for _, path := range []string{
		"numpy.array", "numpy.poly1d", "numpy.polyadd", "torch.narrow", "torch.broadcast_to", "torch.compile", "torch.signal.windows.hann",
		"torch.jit.script", "torch.jit.is_scripting", "torch.jit.trace", "torch.profiler.record_function", "torch.distributed.is_initialized",
		"multiprocessing.cpu_count", "cv2.imdecode", "torch._dynamo.config.suppress_errors", "tensorflow.signal.stft", "tensorflow.io.decode_jpeg", "tensorflow.io.parse_tensor", "tensorflow.data.Dataset.from_tensor_slices",
		"keras.Input", "keras.activations.get", "keras.saving.register_keras_serializable", "keras.utils.normalize", "tensorflow.keras.utils.to_categorical",
	} {
		if v, bad := Path(path, true); bad {
			t.Errorf("%s: got %+v, want nothing", path, v)
		}
	}
	for _, path := range []string{
		"numpy.fromfile", "numpy.load", "tensorflow.io.write_file", "tensorflow.io.gfile.remove", "tensorflow.data.TFRecordDataset", "keras.utils.get_file",
		"keras.utils.deserialize_keras_object", "torch.jit.load", "torch.distributed.init_process_group", "torch.multiprocessing.spawn", "multiprocessing.Process",
	} {
		if v, bad := Path(path, true); !bad {
			t.Errorf("%s: got %+v, want a warning", path, v)
		}
	}
}
