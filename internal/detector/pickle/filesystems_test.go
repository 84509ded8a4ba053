package pickle_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// TestFileSystems: file systems, collections of tasks and datasets that only say what
// they are of are harmless. Those that are told to connect, to make directories or to
// call something are not, and what their methods do is not.
func TestFileSystems(t *testing.T) {
	const local, dir, http = "fsspec.implementations.local LocalFileSystem", "fsspec.implementations.dirfs DirFileSystem", "fsspec.implementations.http HTTPFileSystem"
	// fs makes a file system, of which keyword adds one argument, if it is not nil.
	fs := func(s *pickletest.Stream, class string, keyword func(*pickletest.Stream) *pickletest.Stream) *pickletest.Stream {
		module, name, _ := strings.Cut(class, " ")
		s = s.Named("fsspec.spec", "make_instance").Named(module, name).Op(')').EmptyDict()
		if keyword != nil {
			s = keyword(s).SetItem()
		}
		return s.Tuple(3).Reduce()
	}
	with := func(key, value string) func(*pickletest.Stream) *pickletest.Stream {
		return func(s *pickletest.Stream) *pickletest.Stream { return s.Str(key).Str(value) }
	}
	mapped := func(flag byte) []byte {
		s := fs(call("fsspec.mapping", "FSMap").Op('(').Str("/tmp/m"), local, nil)
		return s.Op(flag).Op(flag).Op('t').Reduce().Stop()
	}
	hub := func(attribute string) []byte {
		return call("huggingface_hub.hf_file_system", "make_instance").Op('(').Named("huggingface_hub.hf_file_system", "HfFileSystem").
			Op(')').EmptyDict().EmptyDict().Str(attribute).None().SetItem().Op('t').Reduce().Stop()
	}
	arrow := func(address string) []byte {
		return call("pyarrow._fs", "FileSystem._from_uri").Str(address).Tuple(1).Reduce().Stop()
	}
	expression := func(module, class string) []byte {
		return call("dask._expr", "Expr._reconstruct").Op('(').Named(module, class).Str("echo poc").Str("token").EmptyDict().Op('t').Reduce().Stop()
	}
	const yes, no = 0x88, 0x89
	writes, connects, runs := []string{"pickle-writes-files"}, []string{"pickle-uses-network"}, []string{"pickle-executes-code"}
	for _, c := range []struct {
		name   string
		pickle []byte
		want   []string
	}{
		{"local", fs(pickletest.New(4), local, nil).Stop(), nil},
		{"local, with a setting", fs(pickletest.New(4), local, with("auto_mkdir", "1")).Stop(), nil},
		{"local, with another method", fs(pickletest.New(4), local, nil).EmptyDict().Str("open").None().SetItem().Build().Stop(), []string{"pickle-disturbs-process"}},
		{"local, removing", call("fsspec.implementations.local", "LocalFileSystem.rm").None().Str("/tmp/m").Tuple(2).Reduce().Stop(), writes},
		{"command", fs(pickletest.New(4), "posix system", nil).Stop(), runs},
		{"remote", fs(pickletest.New(4), "fsspec.implementations.sftp SFTPFileSystem", with("host", "example.com")).Stop(), writes},
		{"directory of another", fs(pickletest.New(4), dir, func(s *pickletest.Stream) *pickletest.Stream { return fs(s.Str("fs"), local, nil) }).Stop(), nil},
		{"directory of one that is made for it", fs(pickletest.New(4), dir, with("target_protocol", "sftp")).Stop(), writes},
		{"web", fs(pickletest.New(4), http, nil).Stop(), nil},
		{"web, with another client", fs(pickletest.New(4), http, with("get_client", "c")).Stop(), connects},
		{"mapping", mapped(no), nil},
		{"mapping that makes its directory", mapped(yes), writes},
		{"file", fs(call("fsspec.core", "OpenFile"), local, nil).Str("/tmp/m").Tuple(2).Reduce().Stop(), nil},
		{"file, opened", fs(call("fsspec.core", "OpenFile.open").Named("fsspec.core", "OpenFile"), local, nil).Str("/tmp/m").Tuple(2).Reduce().Tuple(1).Reduce().Stop(), writes},
		{"hub", hub("dircache"), nil},
		{"hub with another method", hub("open"), []string{"pickle-calls-indirectly"}},
		{"local of Arrow", arrow("file:///_"), nil},
		{"remote of Arrow", arrow("fsspec+sftp://example.com/"), connects},
		{"expression of dask", expression("dask.dataframe.dask_expr.io.io", "FromPandas"), nil},
		{"expression that is a command", expression("posix", "system"), runs},
		{"task of dask", call("dask.delayed", "Delayed").Op(')').NewObj().Stop(), []string{"pickle-suspicious-call"}},
		{"task of dask that is a number", call("builtins", "int").Named("dask.bag.core", "Item").Op(')').NewObj().Tuple(1).Reduce().Stop(),
			[]string{"pickle-computed-name", "pickle-suspicious-call"}},
	} {
		got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{pickle.Detector}, "m.pkl", c.pickle))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
