package entrypoint

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/modelaudit/modelaudit/internal/report/plain"
)

// command is the whole command line. What its commands return is an exit
// status, or an error of the caller's or of the machine's making.
func command(w World, status *int) *cobra.Command {
	root := &cobra.Command{
		Use:   "modelaudit",
		Short: "Find what is dangerous in machine-learning model files without loading them",
		Long: "Modelaudit finds what is dangerous in machine-learning model files without ever loading them.\n\n" +
			"Exit status: 0 nothing counts as a failure, 1 findings do, 2 the command or the policy file is wrong,\n" +
			"3 something that should have been inspected was not, 4 the work could not be done.",
		Args:          noCommand,
		Version:       version(),
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		DisableAutoGenTag:          true,
		RunE: func(*cobra.Command, []string) error {
			return usageError{errors.New("no command is given (modelaudit --help lists them)")}
		},
	}
	root.SetVersionTemplate(build() + "\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{flagError(cmd, err)} })
	root.AddCommand(
		scanCommand(w, status),
		diffCommand(w, status),
		planCommand(w),
		mergeCommand(w),
		actionCommand(w, status),
		baselineCommand(w),
		inspectCommand(w),
		rulesCommand(w),
		versionCommand(w),
	)
	return root
}

// noCommand tells a word that is no command, with those that it may stand for.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("there is no command %q%s (modelaudit --help lists them)", args[0], meant(cmd.SuggestionsFor(args[0])))
}

// meant asks for what the caller may have meant, if that is known.
func meant(names []string) string {
	const most = 3
	if len(names) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(names[:min(len(names), most)], ", ") + "?"
}

// exactly wants n arguments, which are of some kind.
func exactly(n int, kind string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("%s wanted, not %d", plain.Count(n, kind), len(args))
		}
		return nil
	}
}

// flagError names the flag and says what it takes, without repeating the value.
func flagError(cmd *cobra.Command, err error) error {
	if invalid := (*pflag.InvalidValueError)(nil); errors.As(err, &invalid) {
		return flagged{"--" + invalid.GetFlag().Name, errors.Unwrap(invalid)}
	}
	return fmt.Errorf("%w (%s --help lists them)", err, cmd.CommandPath())
}

// flagged is an error about the value of a flag.
type flagged struct {
	flag string
	error
}

// Error says what is wrong below the name of the flag.
func (f flagged) Error() string { return f.flag + ": " + f.error.Error() }
