package pickle

import (
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

const since = "0.1.0"

// CWE numbers.
const (
	untrustedData = 502 // deserialisation of untrusted data
	codeInjection = 94
	processes     = 78
	fileWrite     = 73 // external control of file name or path
	fileRead      = 200
	requests      = 918
	exhaustion    = 400
	outOfBounds   = 787
	typeConfusion = 843
	hidden        = 506 // embedded malicious code
	misread       = 436 // interpretation conflict
	traversal     = 22
	modification  = 915 // improperly controlled modification of object attributes
)

var (
	executes = &rule.Rule{
		ID: "pickle-executes-code", Title: "Loading the file runs code or starts a program",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{untrustedData, codeInjection, processes}, Since: since,
	}
	// Critical: what is changed runs as soon as the program that loads the file
	// uses it.
	rewrites = &rule.Rule{
		ID: "pickle-rewrites-code", Title: "Loading the file changes a module, a class or a function",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{untrustedData, modification}, Since: since,
	}
	// The loader itself is what the publication is about: the name alone is
	// enough.
	vulnerable = &rule.Rule{
		ID: "pickle-known-vulnerability", Title: "Loading the file calls a function with a published vulnerability",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{untrustedData}, Since: since,
		CVE: []string{"CVE-2019-6446", "CVE-2020-13091", "CVE-2020-13092", "CVE-2022-45907", "CVE-2024-34997", "CVE-2024-3568", "CVE-2024-48063", "CVE-2024-5480",
			"CVE-2025-1716", "CVE-2025-8747", "CVE-2025-9906"},
	}
	// Likely: versions of PyTorch differ in what they check.
	corrupts = &rule.Rule{
		ID: "pickle-corrupts-memory", Title: "A tensor of the file writes or reads beyond its storage",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{outOfBounds}, CVE: []string{"CVE-2026-24747"}, Since: since,
	}
	// Certain: the file contradicts itself.
	falseType = &rule.Rule{
		ID: "pickle-false-element-type", Title: "A type of array elements does not describe the memory of its elements",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{typeConfusion, outOfBounds}, Since: since,
	}
	writes = &rule.Rule{
		ID: "pickle-writes-files", Title: "Loading the file writes or deletes files",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{untrustedData, fileWrite}, Since: since,
	}
	// High and not critical: what the other loader is given goes back to the
	// scan, which judges it.
	deserialises = &rule.Rule{
		ID: "pickle-loads-more", Title: "Loading the file calls another loader",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{untrustedData}, Since: since,
	}
	reads = &rule.Rule{
		ID: "pickle-reads-files", Title: "Loading the file reads files",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{untrustedData, fileRead}, Since: since,
	}
	connects = &rule.Rule{
		ID: "pickle-uses-network", Title: "Loading the file opens a network connection",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{untrustedData, requests}, Since: since,
	}
	disturbs = &rule.Rule{
		ID: "pickle-disturbs-process", Title: "Loading the file changes, stops or blocks the process",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{untrustedData, exhaustion}, Since: since,
	}
	// Medium: some of it ends in an error that the loader tells, and not in a process
	// that hangs or is killed.
	exhausting = &rule.Rule{
		ID: "pickle-exhausts", Title: "The file asks for far more time or memory than what it holds",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{exhaustion}, Since: since,
	}
	// Likely: what map or partial finally calls is not among the arguments.
	indirect = &rule.Rule{
		ID: "pickle-calls-indirectly", Title: "The file calls functions by way of others",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{untrustedData}, Since: since,
	}
	// No pickler computes names: whoever does has something to hide.
	unresolved = &rule.Rule{
		ID: "pickle-computed-name", Title: "The file computes what it imports or calls",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{untrustedData, hidden}, Since: since,
	}
	// Nothing runs at loading. What a program does with the object is not in
	// the file.
	refers = &rule.Rule{
		ID: "pickle-dangerous-reference", Title: "The file carries a dangerous function without calling it",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{untrustedData}, Since: since,
	}
	suspicious = &rule.Rule{
		ID: "pickle-suspicious-call", Title: "Loading the file calls something that no model needs",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{untrustedData}, Since: since,
	}
	lookalike = &rule.Rule{
		ID: "pickle-dangerous-name", Title: "Loading the file calls a function that is named like a dangerous one",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{untrustedData}, Since: since, NamesCallable: true,
	}
	// Likely: what the function does is not known. What it is given is.
	armed = &rule.Rule{
		ID: "pickle-unknown-call-payload", Title: "Loading the file gives a command or a program to a function that is not known",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{untrustedData, codeInjection, processes}, Since: since, NamesCallable: true,
	}
	// Possible: the name is in no table, and most of such names are of
	// somebody's own package.
	unknownCall = &rule.Rule{
		ID: "pickle-unknown-call", Title: "Loading the file calls a function that is not known",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{untrustedData}, Since: since, NamesCallable: true,
	}
	// A class's __new__ and __setstate__ run, which of known packages were
	// looked at.
	unknownClass = &rule.Rule{
		ID: "pickle-unknown-class", Title: "The file holds instances of a class that is not known",
		Severity: rule.Low, Precision: rule.Possible, CWE: []int{untrustedData}, Since: since, NamesCallable: true,
	}
	unknownImport = &rule.Rule{
		ID: "pickle-unknown-import", Title: "Loading the file imports a module that is not known",
		Severity: rule.Low, Precision: rule.Possible, CWE: []int{untrustedData}, Since: since, NamesCallable: true,
	}
	// Every notebook writes such files.
	mainName = &rule.Rule{
		ID: "pickle-main-name", Title: "The file depends on a name of the script that loads it",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{untrustedData}, Since: since, NamesCallable: true,
	}
	extension = &rule.Rule{
		ID: "pickle-extension-code", Title: "The file asks for an extension code that it does not register",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{untrustedData}, Since: since,
	}
	// Picklers split no opcode between frames (PEP 3154), and unpicklers differ
	// about one that is split.
	torn = &rule.Rule{
		ID: "pickle-torn-frame", Title: "Readers disagree about what the file says",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{misread, hidden}, Since: since,
	}
	badFrame = &rule.Rule{
		ID: "pickle-false-frame", Title: "A frame of the pickle claims what it does not hold",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{misread}, Since: since,
	}
	// Low: it does nothing by itself. Tools that put calls into files of others leave
	// it behind.
	spliced = &rule.Rule{
		ID: "pickle-spliced", Title: "The pickle was put together by another tool than a pickler",
		Severity: rule.Low, Precision: rule.Likely, CWE: []int{hidden}, Since: since,
	}
	// Medium: cloudpickle and dill do so on behalf of honest people.
	carriesCode = &rule.Rule{
		ID: "pickle-carries-code", Title: "The file carries Python code and makes functions of it",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{codeInjection}, Since: since,
	}
	dangerousCode = &rule.Rule{
		ID: "pickle-code-dangerous", Title: "The file carries Python code that reaches a function that does harm",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{codeInjection, untrustedData}, Since: since,
	}
	sideEscapes = &rule.Rule{
		ID: "pickle-side-file-escapes", Title: "joblib reads an array from outside of the model's directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{untrustedData, traversal}, Since: since,
	}
	sideMissing = &rule.Rule{
		ID: "pickle-side-file-missing", Title: "A file with an array of the model is not beside it",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{untrustedData}, Since: since,
	}
	// Nothing in the file loads it; another file's loader may.
	inert = &rule.Rule{
		ID: "pickle-carries-payload", Title: "A constant of the file holds a dangerous pickle",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{hidden}, Since: since,
	}
)

// byEffect is the rule that a call of a dangerous name breaks.
var byEffect = map[globals.Effect]*rule.Rule{
	globals.Execute: executes, globals.Process: executes, globals.Import: executes, globals.Native: executes,
	globals.Tamper: executes, globals.Write: writes, globals.Read: reads, globals.Network: connects,
	globals.Deserialise: deserialises, globals.Indirect: indirect, globals.State: disturbs, globals.Exit: disturbs,
}
