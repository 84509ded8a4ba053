// Package bom writes the models that a scan met as a bill of materials in
// CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/.
package bom

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	known "github.com/modelaudit/modelaudit/internal/license"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Options are what a document says beside the outcome.
type Options struct {
	Version string    // of this program
	Made    time.Time // the document's date; zero for none, so that two runs print the same bytes
}

// namespace is in front of the names of properties, as the CycloneDX property
// taxonomy asks of tools.
const namespace = "modelaudit:"

// Write writes one document: a component for every file that was recognised or
// declares a licence, and one for every file that was not opened, about which nothing else is known.
func Write(w io.Writer, o policy.Outcome, opts Options) error {
	doc := cyclonedx.NewBOM()
	doc.Metadata = metadata(opts)
	components, partial := inventory(&o.Report)
	doc.Components = &components
	if len(partial) > 0 {
		doc.Compositions = &[]cyclonedx.Composition{{Aggregate: cyclonedx.CompositionAggregateIncomplete, Assemblies: &partial}}
	}
	text, err := encode(doc)
	if err != nil {
		return err
	}
	// Over the document without a serial number, so that equal documents have
	// equal ones.
	doc.SerialNumber = serial(text)
	if text, err = encode(doc); err != nil {
		return err
	}
	_, err = w.Write(plain.JSON(text))
	return err
}

// encode writes JSON of CycloneDX 1.6: the library drops what that version has
// no fields for.
func encode(doc *cyclonedx.BOM) ([]byte, error) {
	var b bytes.Buffer
	enc := cyclonedx.NewBOMEncoder(&b, cyclonedx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
	err := enc.EncodeVersion(doc, cyclonedx.SpecVersion1_6)
	return b.Bytes(), err
}

// serial is a UUID of version 8 (RFC 9562, section 5.8) that a document has in
// common with those that say the same.
func serial(text []byte) string {
	sum := sha256.Sum256(text)
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	s := hex.EncodeToString(id)
	return "urn:uuid:" + strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// metadata says what made the document. Without a date there is none: the time
// of the run would make every document another one.
func metadata(opts Options) *cyclonedx.Metadata {
	m := &cyclonedx.Metadata{
		Tools: &cyclonedx.ToolsChoice{Components: &[]cyclonedx.Component{
			{Type: cyclonedx.ComponentTypeApplication, Name: "modelaudit", Version: opts.Version},
		}},
	}
	if !opts.Made.IsZero() {
		m.Timestamp = opts.Made.UTC().Format(time.RFC3339)
	}
	return m
}

// inventory returns the components, in the order of the report, and names those
// of which not everything was read.
func inventory(r *audit.Report) (components []cyclonedx.Component, partial []cyclonedx.BOMReference) {
	components = []cyclonedx.Component{}
	for i := range r.Files {
		f := &r.Files[i]
		if len(f.Formats)+len(f.Licenses) == 0 && !f.Unread() {
			continue
		}
		c := component(f)
		components = append(components, c)
		if f.Unread() {
			partial = append(partial, cyclonedx.BOMReference(c.BOMRef))
		}
	}
	return components, partial
}

// component is one model. Its reference is its path, which is unique and stays
// the same from scan to scan.
func component(f *audit.File) cyclonedx.Component {
	name := finding.Escape(f.Path)
	c := cyclonedx.Component{BOMRef: "file:" + name, Type: componentType(f), Name: name, Properties: properties(f)}
	if f.Digest != nil {
		c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(f.Digest)}}
	}
	if len(f.Licenses) > 0 {
		c.Licenses = &cyclonedx.Licenses{}
		for _, text := range f.Licenses {
			*c.Licenses = append(*c.Licenses, cyclonedx.LicenseChoice{License: license(text)})
		}
	}
	return c
}

// license is what the author of a model declares: nobody checked that it holds.
func license(text string) *cyclonedx.License {
	l := &cyclonedx.License{Acknowledgement: cyclonedx.LicenseAcknowledgementDeclared}
	if id, ok := known.ID(text); ok {
		l.ID = id
	} else {
		l.Name = text
	}
	return l
}

// componentType is that of the first format that is more than a file. Formats
// are in the order of recognition, so that a container comes before its
// members.
func componentType(f *audit.File) cyclonedx.ComponentType {
	for _, format := range f.Formats {
		if k := kindOf(format); k.component != cyclonedx.ComponentTypeFile {
			return k.component
		}
	}
	return cyclonedx.ComponentTypeFile
}

// properties are facts for which CycloneDX has no field: names may repeat.
func properties(f *audit.File) *[]cyclonedx.Property {
	var out []cyclonedx.Property
	add := func(name, value string) {
		p := cyclonedx.Property{Name: namespace + name, Value: value}
		if value != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, format := range f.Formats {
		add("format", format)
	}
	for _, format := range f.Formats {
		add("framework", kindOf(format).framework)
	}
	add("size", strconv.FormatInt(f.Size, 10))
	add("status", string(f.Status))
	add("reason", f.Reason)
	if f.MoreLicenses {
		add("licenses", "more than are listed")
	}
	one := audit.Report{Files: []audit.File{*f}}
	count := one.Count()
	for _, severity := range rule.Severities {
		if n := count[severity]; n > 0 {
			add("findings:"+severity.String(), strconv.Itoa(n))
		}
	}
	return &out
}
