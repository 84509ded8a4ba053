package pmml_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/pmml"
)

// document is a PMML document with something before its root and inside it.
func document(before, inside string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + before +
		`<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header copyright="see http://example.org/licence"/>` +
		`<DataDictionary><DataField name="system (x)" optype="continuous"/></DataDictionary>` + inside + `</PMML>`)
}

func TestDetector(t *testing.T) {
	detectortest.Run(t, pmml.Detector, []detectortest.Case{
		{Name: "plain", File: "model.pmml", Data: document("", `<Extension name="note">evaluation of the system</Extension>`)},
		{Name: "under no name", File: "model", Data: document("", "")},
		{Name: "behind a comment", Data: document("<!--"+strings.Repeat(" ", 4<<10)+"-->", `<Extension><p:script xmlns:p="urn:x">print(1)</p:script></Extension>`), Want: []string{"pmml-script"}},
		{Name: "external entity", Data: document(`<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>`, "<Extension>&x;</Extension>"),
			Want: []string{"pmml-external-entity"}},
		{Name: "parameter entity", Data: document(`<!DOCTYPE PMML [<!ENTITY % x SYSTEM "http://example.org/x">]>`, ""),
			Want: []string{"pmml-external-entity"}},
		{Name: "external entity behind a long comment", File: "model.xml", Data: document("<!--"+strings.Repeat("x", 20_000)+`--><!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>`, ""),
			Want: []string{"pmml-external-entity"}},
		{Name: "entities in entities", Data: document(`<!DOCTYPE PMML [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>`, ""),
			Want: []string{"pmml-entity"}},
		{Name: "definition from elsewhere", Data: document(`<!DOCTYPE PMML SYSTEM "http://example.org/x.dtd">`, ""),
			Want: []string{"pmml-external-entity"}},
		{Name: "definition of the group", Data: document(`<!DOCTYPE PMML PUBLIC "PMML 2.0" "http://www.dmg.org/v2-0/pmml_v2_0.dtd">`, ""),
			Want: []string{"pmml-external-dtd"}},
		{Name: "definition of PMML 2", Data: document(`<!DOCTYPE PMML PUBLIC "-//DMG//DTD PMML 2.0//EN" "pmml_v2_0.dtd">`, ""),
			Want: []string{"pmml-external-dtd"}},
		{Name: "inclusion", Data: document("", `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>`),
			Want: []string{"pmml-external-entity"}},
		{Name: "script", Data: document("", `<Extension><p:script xmlns:p="urn:x">print(1)</p:script></Extension>`), Want: []string{"pmml-script"}},
		{Name: "words behind an extension", Data: document("", `<Extension name="note"/><Annotation>eval(x) is what evaluators do</Annotation>`)},
		{Name: "code in an extension's attribute", Data: document("", `<Extension><a b="__import__('os').system('echo poc')"/></Extension>`), Want: []string{"pmml-script"}},
		{Name: "java class", Data: document("", `<Apply function="com.example.Harm"/>`), Want: []string{"pmml-java-class"}},
		{Name: "method of a java class", Data: document("", `<Apply function="java.lang.Runtime.exec"/>`), Want: []string{"pmml-java-class"}},
		{Name: "built-in function", Data: document("", `<Apply function="x-log1p"/><Apply function="+"/>`)},
		{Name: "table", Data: document("", `<TableLocator/>`), Want: []string{"pmml-external-table"}},
	})
}

// TestClasses: a function is a Java class if its name has packages in front of a word
// in capitals.
func TestClasses(t *testing.T) {
	for name, want := range map[string]bool{
		"com.example.Harm": true, "a.B": true, "a.Z": true, "a.B.c": true, "java.lang.Runtime.exec": true, "_a.Bc.D": true,
		"": false, "Harm": false, "Harm.run": false, "A.B": false, "log": false, "x.y.z": false, "a.@B": false, "a.[b": false,
		"a..B": false, ".A": false, "a.B.": false, "a.B c": false, "a.B/c": false, "http://a.B": false,
	} {
		got := detectortest.Scan([]*detector.Detector{pmml.Detector}, "m.pmml", document("", `<Apply function="`+name+`"/>`))
		if len(got.Findings) > 0 != want {
			t.Errorf("%q: got %+v, want one: %v", name, got.Findings, want)
		}
	}
}

// TestDefinitions: a definition that is not the group's is fetched from elsewhere.
func TestDefinitions(t *testing.T) {
	const own, foreign = "pmml-external-dtd", "pmml-external-entity"
	for id, want := range map[string]string{
		"pmml.dtd": own, "../pmml.dtd": own, "-//DMG//DTD": own, "http://dmg.org/x.dtd": own, "HTTP://WWW.DMG.ORG/x.dtd": own, "urn:dmg:pmml": own,
		"a b%zz.dtd": own, "http://example.org/x.dtd": foreign, "http://notdmg.org/x.dtd": foreign, "http://dmg.org.example.org/x.dtd": foreign,
		"file:///etc/passwd": foreign, "/etc/passwd": foreign, `\\host\x`: foreign, "//example.org/x": foreign,
	} {
		got := detectortest.Scan([]*detector.Detector{pmml.Detector}, "m.pmml", document(`<!DOCTYPE PMML SYSTEM "`+id+`">`, ""))
		if ids := detectortest.RuleIDs(got); len(ids) != 1 || ids[0] != want {
			t.Errorf("%q: got %v, want %s", id, ids, want)
		}
	}
}

// TestOther: what has another root is another's, whatever it is called and whatever
// stands in it; code counts where extensions are, and as long as they are open.
func TestOther(t *testing.T) {
	const harm = `<Extension><script>print(1)</script></Extension>`
	for _, c := range []struct {
		name, file, text string
		known            bool
		findings         int
	}{
		{name: "another root", file: "m.pmml", text: `<!DOCTYPE x SYSTEM "file:///etc/passwd"><x>` + harm + `<PMML>` + harm + `</PMML></x>`},
		{name: "in small letters", file: "m.xml", text: `<pmml>` + harm + `</pmml>`, known: true, findings: 1},
		{name: "no root", file: "m.pmml", text: `<!DOCTYPE PMML SYSTEM "file:///etc/passwd">`},
		{name: "no XML", file: "m.pmml", text: `PMML`},
		{name: "text of an extension", file: "m.pmml", text: `<PMML><Extension>exec('1')</Extension></PMML>`, known: true, findings: 1},
		{name: "an extension in another", file: "m.pmml", text: `<PMML><Extension><Extension/>exec('1')</Extension></PMML>`, known: true, findings: 1},
		{name: "behind an extension", file: "m.pmml", text: `<PMML><Extension></Extension><a>exec('1')</a></PMML>`, known: true},
		{name: "included by another space", file: "m.pmml", text: `<PMML><include xmlns="urn:x" href="/etc/passwd"/></PMML>`, known: true},
		{name: "another element of the space", file: "m.pmml", text: `<PMML><fallback xmlns="http://www.w3.org/2001/XInclude" href="/etc/passwd"/></PMML>`, known: true},
	} {
		got := detectortest.Scan([]*detector.Detector{pmml.Detector}, c.file, []byte(c.text))
		// A file that is none is named like a model all the same.
		ids := slices.DeleteFunc(detectortest.RuleIDs(got), func(id string) bool { return id == "model-unrecognised" })
		if len(got.Formats) > 0 != c.known || len(ids) != c.findings {
			t.Errorf("%s: got %v and %v, want known: %v and %d", c.name, got.Formats, ids, c.known, c.findings)
		}
	}
}

// TestQuoted: a program that quotes a document is none.
func TestQuoted(t *testing.T) {
	quoted := append([]byte("const text = `"), document("", `<Extension><script>print(1)</script></Extension>`)...)
	if f := detectortest.Scan([]*detector.Detector{pmml.Detector}, "x.go", quoted); len(f.Formats) > 0 {
		t.Errorf("got %v %v, want no format", f.Formats, f.Findings)
	}
}
