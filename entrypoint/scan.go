package entrypoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report"
	"github.com/modelaudit/modelaudit/internal/report/bom"
	"github.com/modelaudit/modelaudit/internal/report/review"
	"github.com/modelaudit/modelaudit/internal/runner"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/internal/settings"
	"github.com/modelaudit/modelaudit/sarif"
)

// scanFlags are the flags of scan.
type scanFlags struct {
	settingFlags
	format, color              string
	output, base               string
	noProgress, quiet, verbose bool
}

// scanCommand is the door for people and for other continuous integration than
// GitHub's.
func scanCommand(w World, status *int) *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan [flags] PATH…",
		Short: "Scan model files and directories",
		Long: "Scan model files and directories. A path of - is standard input. Directories named .git are left out\n" +
			"unless they are paths themselves.",
		Example: "  modelaudit scan .\n" +
			"  curl -sSf https://models.example/model.pt | modelaudit scan -\n" +
			"  modelaudit scan --format sarif --output modelaudit.sarif --exclude 'test/**' .\n" +
			"  modelaudit scan --config .github/modelaudit.yml --fail-on medium models",
		Args: somePaths(),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			*status, err = f.run(cmd.Context(), w, args)
			return err
		},
	}
	cmd.Flags().SortFlags = false
	f.registerAll(cmd.Flags())
	cmd.Flags().Var(shardFlag(&f.shard), "shard", "scan this part of the files, counted from 0: see plan")
	cmd.Flags().StringVar(&f.base, "base", "", "scan what differs from this `commit` of the repository; what was there before does not fail")
	return cmd
}

// registerAll adds the flags of a command that scans and reports.
func (f *scanFlags) registerAll(flags *pflag.FlagSet) {
	flags.Var(choiceFlag(&f.format, "text", "json", "sarif", "markdown", "junit", "cyclonedx"), "format", "of the report")
	flags.VarP(fileFlag(&f.output), "output", "o", "write the report to a file, whole or not at all, instead of standard output")
	f.register(flags, settings.Options())
	flags.Var(colourFlag(&f.color), "color", "colour on standard output; auto means on a terminal, unless NO_COLOR is set")
	flags.BoolVar(&f.noProgress, "no-progress", false, "show no progress bar on a terminal")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "one line for each finding, and no remarks on standard error")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "all evidence, fingerprints, and the files in which nothing was found")
}

// somePaths wants at least one path. There is no default: a scan of the wrong
// directory that finds nothing would look like a pass.
func somePaths() cobra.PositionalArgs {
	return atLeastOne("no path is given: name files or directories, or . for all below here")
}

// atLeastOne wants an argument, or says what is missing.
func atLeastOne(missing string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{errors.New(missing)}
		}
		return nil
	}
}

// run scans as the flags say and returns the exit status of the verdict. A
// shard of a comparison would miss files that moved between shards, so that
// there is none.
func (f *scanFlags) run(ctx context.Context, w World, paths []string) (int, error) {
	return f.finish(w, func() (policy.Outcome, error) {
		switch {
		case f.base != "" && f.shard.Of > 0:
			return policy.Outcome{}, usageError{errors.New("--base and --shard exclude each other")}
		case f.base != "":
			return f.since(ctx, w, paths)
		}
		return f.scan(ctx, w, paths, !f.noProgress && !f.quiet)
	})
}

// finish carries out a scan and reports what came of it.
func (f *scanFlags) finish(w World, scan func() (policy.Outcome, error)) (int, error) {
	if f.quiet && f.verbose {
		return 0, usageError{errors.New("--quiet and --verbose contradict each other")}
	}
	if !f.quiet {
		f.mention(w)
	}
	// Only the bill of materials shows digests, which cost a read of every
	// byte.
	f.digest = f.format == "cyclonedx"
	outcome, err := scan()
	if err != nil {
		return 0, err
	}
	if err := f.report(w, outcome); err != nil {
		return 0, err
	}
	if f.output != "" && !f.quiet {
		w.say(report.Closing(&outcome))
	}
	return outcome.Verdict.ExitStatus(), nil
}

// scan carries out a scan as the flags say.
func (f *settingFlags) scan(ctx context.Context, w World, paths []string, progress bool) (policy.Outcome, error) {
	s, err := f.settings()
	if err != nil {
		return policy.Outcome{}, err
	}
	files, err := f.files(w, paths, s.Filter)
	if err != nil {
		return policy.Outcome{}, err
	}
	s.Policy.Partial = f.partial(s.Policy.Baseline, paths)
	var found atomic.Int64
	done, end := w.progress(func() int { return int(found.Load()) }, progress)
	outcome := s.Policy.Judge(scanner(s).Found(ctx, tally(files, &found), done))
	end()
	return outcome, nil
}

// partial reports whether a scan does not see everything that its policy is
// about: the flags leave something out, or the paths do. Without a policy file
// that is what the baseline, nil for none, knows of.
func (f *settingFlags) partial(baseline *policy.Baseline, paths []string) bool {
	switch {
	case f.shard.Of > 1, len(f.include)+len(f.exclude) > 0:
		return true
	case f.config != "":
		return outside(governed(f.config), paths)
	case baseline == nil:
		return false
	default:
		return slices.ContainsFunc(baseline.Entries, func(e policy.Entry) bool { return outside(e.Path, paths) })
	}
}

// usual is where a repository keeps its policy.
const usual = ".github/modelaudit.yml"

// mention says that a policy is there and not used. What is scanned must not
// decide by itself how it is scanned.
func (f *settingFlags) mention(w World) {
	if _, err := os.Stat(usual); f.config == "" && err == nil {
		w.say(usual + " is not used unless --config names it")
	}
}

// report writes the outcome in the format that was asked for. The text is
// coloured for a terminal alone; "always" colours a file too.
func (f *scanFlags) report(w World, o policy.Outcome) error {
	switch f.format {
	case "json":
		return w.document(f.output, func(to io.Writer) error { return report.JSON(to, version(), o) })
	case "sarif":
		return w.document(f.output, func(to io.Writer) error { return sarif.Write(to, o, sarifOptions()) })
	case "junit":
		return w.document(f.output, func(to io.Writer) error { return report.JUnit(to, o) })
	case "cyclonedx":
		made, err := sourceDate(w.Getenv)
		if err != nil {
			return err
		}
		return w.document(f.output, func(to io.Writer) error { return bom.Write(to, o, bom.Options{Version: version(), Made: made}) })
	case "markdown":
		return w.document(f.output, func(to io.Writer) error {
			_, err := io.WriteString(to, review.Write(&o, review.Options{Scope: report.Closing(&o), Policy: usual, Limit: runner.MaxSummary}))
			return err
		})
	}
	write := func(to io.Writer) error {
		return report.Text(to, o, f.detail(), f.output == "" && w.coloured(f.color) || f.color == "always")
	}
	if f.output == "" || f.output == "-" {
		return w.print(write)
	}
	return replace(f.output, write)
}

// detail is how much the text says.
func (f *scanFlags) detail() report.Detail {
	switch {
	case f.quiet:
		return report.Brief
	case f.verbose:
		return report.Wordy
	default:
		return report.Usual
	}
}

// sarifOptions describe a document about files below the working directory.
func sarifOptions() sarif.Options {
	return sarif.Options{
		Version: version(),
		Rules:   catalog.Rules(catalog.Detectors(), scan.Rules...),
		URI:     uris(),
	}
}

// sourceDate is the date that a reproducible document bears, zero for none:
// https://reproducible-builds.org/specs/source-date-epoch/.
func sourceDate(getenv func(string) string) (time.Time, error) {
	text := getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds > maxDate {
		return time.Time{}, usageError{fmt.Errorf("SOURCE_DATE_EPOCH: %q is no number of seconds since 1970", text)}
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// maxDate is the last second of the year 9999, the last that RFC 3339 can name.
const maxDate = 253402300799
