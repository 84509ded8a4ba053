package globals_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/globals"
)

func TestTarget(t *testing.T) {
	for path, want := range map[string]globals.Concern{
		"os.system": globals.Bad, "builtins.exec": globals.Bad, "random._os.system": globals.Bad, "shutil.rmtree": globals.Bad,
		"subprocess:Popen": globals.Bad, "pickle.loads": globals.Bad, "torch.utils.cpp_extension.load": globals.Bad, "pip.main": globals.Bad,
		"torch.load": globals.Bad, "builtins.open": globals.Bad, "runpy.run_path": globals.Bad,
		"importlib.import_module": globals.Bad, "torch.hub.load": globals.Odd, "urllib.request.urlopen": globals.Bad,
		"torch.nn.Linear": globals.Fine, "keras.layers.Dense": globals.Fine, "timm.create_model": globals.Fine, "logging.FileHandler": globals.Fine,
		"hydra.utils.get_class": globals.Fine, "functools.partial": globals.Fine, "datasets.load_dataset": globals.Fine,
		"lightning.pytorch.callbacks.ModelCheckpoint": globals.Fine, "os.path.join": globals.Fine, "os.environ.get": globals.Fine, "socket.gethostname": globals.Fine, "multiprocessing.cpu_count": globals.Fine,
		"transformers.AutoTokenizer.from_pretrained": globals.Fine, "project.models.Net": globals.Fine, "": globals.Fine, "x": globals.Fine,
	} {
		if called, v, got := globals.Target(path); got != want {
			t.Errorf("Target(%q): got %d (%s, %+v), want %d", path, got, called, v, want)
		}
	}
}
