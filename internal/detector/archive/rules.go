package archive

import "github.com/modelaudit/modelaudit/internal/rule"

var (
	// Unpackers differ: Python's zipfile and tarfile's data filter refuse or
	// strip such names, others write there.
	pathEscapes = &rule.Rule{
		ID: "archive-path-escapes", Title: "A member's name leads out of the directory it is unpacked to",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22}, Since: "0.1.0",
	}
	// A link by itself writes nothing; the member that is written through it
	// does, and may come from another archive.
	linkEscapes = &rule.Rule{
		ID: "archive-link-escapes", Title: "A link in the archive leads out of the directory it is unpacked to",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{59, 22}, Since: "0.1.0",
	}
	// A scanner that reads the directory and a loader that reads local headers,
	// or the other way round, see two archives.
	headersDisagree = &rule.Rule{
		ID: "archive-headers-disagree", Title: "The two headers of a member contradict each other",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{436}, CVE: []string{"CVE-2025-1944"}, Since: "0.1.0",
	}
	// Some loaders never look at the flag (bit 0, APPNOTE 4.4.4), and scanners
	// give up at it.
	falseEncryption = &rule.Rule{
		ID: "archive-false-encryption", Title: "A member is marked as encrypted but is not",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{436}, CVE: []string{"CVE-2025-1945"}, Since: "0.1.0",
	}
	// Only readers that stream see it. What it holds is scanned and judged by
	// itself, so that this is not graver.
	hiddenMember = &rule.Rule{
		ID: "archive-hidden-member", Title: "A member is in the archive but not in its directory",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{436}, Since: "0.1.0",
	}
	directoryLies = &rule.Rule{
		ID: "archive-directory-lies", Title: "The end of the archive misstates its directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{436}, Since: "0.1.0",
	}
	// Readers differ in which end record they take: most search from the back,
	// some want it to fit the end of the file.
	severalDirectories = &rule.Rule{
		ID: "archive-several-directories", Title: "The archive has more than one directory",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{436}, Since: "0.1.0",
	}
	// The form of a bomb that needs no nesting: one compressed stream under
	// many names.
	overlap = &rule.Rule{
		ID: "archive-members-overlap", Title: "Members of the archive share bytes",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{409, 436}, Since: "0.1.0",
	}
	duplicate = &rule.Rule{
		ID: "archive-duplicate-member", Title: "Two members of one name hold different content",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{436}, Since: "0.1.0",
	}
	// File systems that fold case make one file of two members; the later one
	// stays.
	similarNames = &rule.Rule{
		ID: "archive-similar-names", Title: "Two members have names that some readers do not tell apart",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{178}, Since: "0.1.0",
	}
	// By a NUL, by the Unicode path of extra field 0x7075 (APPNOTE 4.6.9), or
	// by the pax header of a tar archive.
	ambiguousName = &rule.Rule{
		ID: "archive-ambiguous-name", Title: "A member has different names to different readers",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{436, 158}, Since: "0.1.0",
	}
	// Readers that check refuse the member, others take it: PyTorch is built
	// with MINIZ_DISABLE_ZIP_READER_CRC32_CHECKS.
	contentDiffers = &rule.Rule{
		ID: "archive-content-differs", Title: "A member's content is not what the archive says",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{354}, CVE: []string{"CVE-2025-10156"}, Since: "0.1.0",
	}
	// Possible: sparse weights are compressed as well.
	bombLike = &rule.Rule{
		ID: "archive-bomb-like", Title: "A small member unpacks to a very large one",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{409}, Since: "0.1.0",
	}
	highRatio = &rule.Rule{
		ID: "archive-high-ratio", Title: "A member is compressed more than a hundredfold",
		Severity: rule.Low, Precision: rule.Possible, CWE: []int{409}, Since: "0.1.0",
	}
	// Self-extractors and alignment explain most of them; what is dangerous in
	// them has findings of its own.
	extraBytes = &rule.Rule{
		ID: "archive-extra-bytes", Title: "The file holds bytes that are not part of the archive",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{436}, Since: "0.1.0",
	}
	// Whoever opens a pipe waits for ever, and a device is what its numbers
	// say.
	specialFile = &rule.Rule{
		ID: "archive-special-file", Title: "The archive creates a device or a pipe",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{434}, Since: "0.1.0",
	}
	// Likely: a file may have been made for two readers on purpose and in good
	// faith.
	polyglot = &rule.Rule{
		ID: "archive-polyglot", Title: "The file is an archive and something else at once",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{436}, Since: "0.1.0",
	}
)
