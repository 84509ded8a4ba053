package pmml_test

import (
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

// TestQuoted: a program that quotes a document is none.
func TestQuoted(t *testing.T) {
	quoted := append([]byte("const text = `"), document("", `<Extension><script>print(1)</script></Extension>`)...)
	if f := detectortest.Scan([]*detector.Detector{pmml.Detector}, "x.go", quoted); len(f.Formats) > 0 {
		t.Errorf("got %v %v, want no format", f.Formats, f.Findings)
	}
}
