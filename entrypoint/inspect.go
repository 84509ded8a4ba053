package entrypoint

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/inspect"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/settings"
)

// inspectFlags are the flags of inspect.
type inspectFlags struct {
	settingFlags
	disassemble bool
	color       string
}

// inspectCommand shows one file. It gives no verdict, so that its exit status
// says only whether it could be done.
func inspectCommand(w World) *cobra.Command {
	var f inspectFlags
	cmd := &cobra.Command{
		Use:   "inspect [flags] FILE",
		Short: "Show what a file is made of and what it does",
		Long: "Show what a file is made of and what it does, whether or not that is dangerous. It gives no verdict: the exit\n" +
			"status is 0 whatever is found. For a verdict, scan the file.",
		Example: "  modelaudit inspect model.pt\n" +
			"  modelaudit inspect --disassemble model.pkl",
		Args: exactly(1, "file"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), w, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&f.disassemble, "disassemble", false, "list the instructions of pickles")
	flags.Var(colourFlag(&f.color), "color", "colour on standard output; auto means on a terminal, unless NO_COLOR is set")
	f.registerOptions(flags, settings.Reading())
	return cmd
}

// run shows a file whether or not anything is wrong with it: the exit status is
// about the showing.
func (f *inspectFlags) run(ctx context.Context, w World, name string) error {
	s, err := f.settings()
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory; inspect shows one file", name)
	}
	if err != nil {
		return usageError{err}
	}
	files, err := listed([]string{name}, s.Filter)
	if err != nil {
		return err
	}
	watch := inspect.NewWatch(f.disassemble)
	watched := scanner(s)
	watched.Detectors = watch.Detectors(watched.Detectors)
	seen := watched.All(ctx, files, nil)
	return w.print(func(to io.Writer) error {
		p := plain.New(to, w.coloured(f.color))
		for i := range seen.Files {
			conclude(p, watch, &seen.Files[i])
		}
		return p.Flush()
	})
}

// conclude prints the tree of a file, and what became of it.
func conclude(p *plain.Printer, watch *inspect.Watch, f *audit.File) {
	watch.Tree(f).Print(p)
	end := "The file was read to its end."
	switch f.Status {
	case audit.Incomplete:
		end = "Not fully read: " + f.Reason + "."
	case audit.NotScanned:
		end = "Not scanned: " + f.Reason + "."
	case audit.NotAModel:
		end = "Not checked: " + f.Reason + "."
	}
	p.Line(0, plain.Text(end))
}
