package entrypoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/report"
	"github.com/modelaudit/modelaudit/internal/settings"
	"github.com/modelaudit/modelaudit/internal/walk"
)

func command(w World, status *int) *cobra.Command {
	root := &cobra.Command{
		Use:           "modelaudit",
		Short:         "Find what is dangerous in machine-learning model files without loading them",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(scanCommand(w, status), actionCommand(w, status))
	return root
}

type scanFlags struct {
	format string
	set    overrides
}

// overrides are the settings that flags gave, in the order given. They are laid
// over the policy file, which is read later than the flags.
type overrides []func(*settings.Settings) error

func (o overrides) apply(s *settings.Settings) error {
	for _, set := range o {
		if err := set(s); err != nil {
			return err
		}
	}
	return nil
}

// optionValue makes a setting a flag.
type optionValue struct {
	settings.Option
	value     string
	overrides *overrides
}

// Set is refused here, while the flag is known, and carried out later.
func (v *optionValue) Set(value string) error {
	scratch := settings.Default()
	if err := v.Option.Set(&scratch, value); err != nil {
		return err
	}
	v.value = value
	*v.overrides = append(*v.overrides, func(s *settings.Settings) error { return v.Option.Set(s, value) })
	return nil
}

func (v *optionValue) String() string { return v.value }

// Type is the word for the value in the help text.
func (v *optionValue) Type() string { return v.Option.Value }

func scanCommand(w World, status *int) *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan PATH…",
		Short: "Scan model files and directories",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("scan: no path given")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			*status, err = runScan(cmd.Context(), w, f, args)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "json", "text, json, sarif or markdown")
	for _, o := range settings.Options() {
		flags.Var(&optionValue{Option: o, overrides: &f.set}, o.Name, o.Usage+" (default "+o.Default+")")
	}
	return cmd
}

func runScan(ctx context.Context, w World, f scanFlags, args []string) (int, error) {
	s := settings.Default()
	if err := f.set.apply(&s); err != nil {
		return 0, usageError{err}
	}
	files, err := walk.Files(args, s.Filter)
	if err != nil {
		return 0, usageError{err}
	}
	outcome := auditFiles(ctx, s, files, nil)
	if f.format != "json" {
		return 0, usageError{fmt.Errorf("--format: %q is not one of json", f.format)}
	}
	return outcome.Verdict.ExitStatus(), report.JSON(w.Stdout, version(), outcome)
}
