package entrypoint

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/change"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/shard"
	"github.com/modelaudit/modelaudit/sarif"
)

// A plan is what plan prints: shards are named by number alone, because names
// of files do not belong into the commands of a workflow.
type plan struct {
	Shards []string `json:"shard"` // a GitHub matrix takes this key
}

// shardSize is what one machine reads where nothing else is said, in bytes.
const shardSize = 20 << 30

// planCommand divides without reading a file: sizes are enough. What scan
// --shard gets is computed again from the same paths.
func planCommand(w World) *cobra.Command {
	var f settingFlags
	perShard, most := int64(shardSize), shard.Max
	cmd := &cobra.Command{
		Use:   "plan [flags] PATH…",
		Short: "Divide a scan among machines",
		Long: "Divide a scan among machines, so that each has about as much to read. Standard output gets a matrix for\n" +
			"GitHub Actions; each machine runs scan --shard with its entry and the same paths, and merge joins the reports.",
		Example: "  modelaudit plan --shard-size 50GiB models\n" +
			"  modelaudit scan --shard 0/4 --format sarif --output 0.sarif models\n" +
			"  modelaudit merge --output all.sarif 0.sarif 1.sarif 2.sarif 3.sarif",
		Args: somePaths(),
		RunE: func(_ *cobra.Command, args []string) error {
			if most < 1 || most > shard.Max {
				return usageError{fmt.Errorf("--max-shards: %d is not a number from 1 to %d", most, shard.Max)}
			}
			return f.plan(w, args, perShard, most)
		},
	}
	f.registerConfig(cmd.Flags())
	f.registerFilter(cmd.Flags())
	cmd.Flags().Var(sizeFlag(&perShard), "shard-size", "what one machine reads (default 20GiB)")
	cmd.Flags().IntVar(&most, "max-shards", most, "no more machines than this")
	return cmd
}

// plan prints the matrix on standard output, where a workflow takes it from,
// and what each shard has to read on standard error.
func (f *settingFlags) plan(w World, paths []string, perShard int64, most int) error {
	s, err := f.settings()
	if err != nil {
		return err
	}
	files, err := listed(paths, s.Filter)
	if err != nil {
		return err
	}
	// One shard of everything has the weight of everything, by the same measure
	// that divides it.
	total := shard.Divide(files, 1, change.Weight)[0].Bytes
	n := int(min(max(1, (total+perShard-1)/perShard), int64(most), int64(max(1, len(files)))))
	var p plan
	for i, part := range shard.Divide(files, n, change.Weight) {
		p.Shards = append(p.Shards, shard.Shard{Index: i, Of: n}.String())
		w.say(fmt.Sprintf("shard %d/%d: %s, %s", i, n, plain.Count(len(part.Files), "file"), humanize.IBytes(uint64(part.Bytes))))
	}
	return json.NewEncoder(w.Stdout).Encode(p)
}

// maxMerged is the largest document that is merged, in bytes.
const maxMerged = 512 << 20

// mergeCommand joins what the shards found into one document, of which code
// scanning takes one for each category.
func mergeCommand(w World) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "merge [flags] FILE…",
		Short:   "Join the SARIF reports of the shards of one scan",
		Example: "  modelaudit merge --output all.sarif shards/*.sarif",
		Args:    atLeastOne("no report is given: name the SARIF reports of all shards"),
		RunE: func(_ *cobra.Command, args []string) error {
			var parts []sarif.Part
			for _, name := range args {
				content, err := readSmall(name, maxMerged)
				if err != nil {
					return usageError{err}
				}
				parts = append(parts, sarif.Part{Name: name, Content: content})
			}
			return w.document(output, func(to io.Writer) error {
				if err := sarif.Merge(to, parts...); err != nil {
					return usageError{err}
				}
				return nil
			})
		},
	}
	cmd.Flags().VarP(fileFlag(&output), "output", "o", "write the report to a file, whole or not at all, instead of standard output")
	return cmd
}
