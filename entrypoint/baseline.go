package entrypoint

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/settings"
)

// baselineCommand records what is there, to be counted from then on as known.
func baselineCommand(w World) *cobra.Command {
	var f settingFlags
	var output string
	cmd := &cobra.Command{
		Use:   "baseline [flags] PATH…",
		Short: "Write the findings of today as a file, so that scan counts only new ones",
		Example: "  modelaudit baseline --output .github/modelaudit-baseline.json .\n" +
			"  modelaudit scan --baseline .github/modelaudit-baseline.json .",
		Args: somePaths(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.writeBaseline(cmd.Context(), w, output, args)
		},
	}
	flags := cmd.Flags()
	flags.VarP(fileFlag(&output), "output", "o", "write the baseline to a file, whole or not at all, instead of standard output")
	// There is no verdict for what was not read to change. What fails is recorded
	// whatever report-min says, so that fail-on stays.
	f.register(flags, slices.DeleteFunc(settings.Options(), func(o settings.Option) bool { return o.Name == "on-incomplete" }))
	return cmd
}

// writeBaseline records what is found. What the policy accepts or allows stays
// with the policy; what an older baseline knew and is still there is kept.
func (f *settingFlags) writeBaseline(ctx context.Context, w World, output string, paths []string) error {
	f.mention(w)
	o, err := f.scan(ctx, w, paths, true)
	if err != nil {
		return err
	}
	b := policy.Record(&o)
	if err := w.document(output, b.Write); err != nil {
		return err
	}
	w.say(fmt.Sprintf("%s recorded", plain.Count(len(b.Entries), "finding")))
	if n := len(o.Report.Unread()); n > 0 {
		w.say(fmt.Sprintf("%s not fully read: nobody knows what is in the rest", plain.Count(n, "file")))
	}
	return nil
}
