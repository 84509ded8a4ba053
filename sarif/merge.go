package sarif

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// object is a JSON object of a document that is merged: what is not looked at
// stays as it is.
type object = map[string]any

// A Part is a document about a part of a scan, with its name for errors.
type Part struct {
	Name    string
	Content []byte
}

// Merge joins documents that Write wrote for the parts of one scan into one
// with one run, as code scanning wants it for one category. Documents of
// another tool, version or category are refused.
func Merge(w io.Writer, parts ...Part) error {
	var all merger
	for _, part := range parts {
		if err := all.add(part.Content); err != nil {
			return fmt.Errorf("%s: %w", part.Name, err)
		}
	}
	if all.whole == nil {
		return errors.New("there is no document to merge")
	}
	all.finish()
	return plain.WriteJSON(w, all.whole, indent)
}

// A merger holds what came together so far.
type merger struct {
	whole, run    object // the first document, and its run
	rules         []any
	index         map[string]int // of rules, by ID
	results       []any
	seen          map[string]bool // results, encoded
	notifications []any
	configuration []any
	suppressed    []any
	successful    bool
}

func (m *merger) add(doc []byte) error {
	whole, run, err := ours(doc)
	if err != nil {
		return err
	}
	if m.whole == nil {
		m.whole, m.run, m.successful = whole, run, true
		m.index, m.seen = make(map[string]int), make(map[string]bool)
	}
	for _, same := range [][]string{{"tool", "driver", "version"}, {"automationDetails", "id"}} {
		if was, is := at(m.run, same...), at(run, same...); !reflect.DeepEqual(was, is) {
			return fmt.Errorf("its %s is %q, the others' is %q", same[len(same)-1], fmt.Sprint(is), fmt.Sprint(was))
		}
	}
	if err := m.addResults(run); err != nil {
		return err
	}
	for _, i := range array(run["invocations"]) {
		inv, _ := i.(object)
		m.notifications = append(m.notifications, array(inv["toolExecutionNotifications"])...)
		m.configuration = append(m.configuration, array(inv["toolConfigurationNotifications"])...)
		m.successful = m.successful && inv["executionSuccessful"] == true
	}
	if p, ok := run["properties"].(object); ok {
		m.suppressed = append(m.suppressed, array(p["suppressed"])...)
	}
	return nil
}

// ours decodes a document and returns its run.
func ours(doc []byte) (whole, run object, err error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&whole); err != nil {
		return nil, nil, fmt.Errorf("not a SARIF document: %w", err)
	}
	runs := array(whole["runs"])
	if whole["version"] != "2.1.0" || len(runs) != 1 {
		return nil, nil, fmt.Errorf("SARIF %v with %d runs, where 2.1.0 with one is wanted", whole["version"], len(runs))
	}
	run, _ = runs[0].(object)
	if name := at(run, "tool", "driver", "name"); name != toolName {
		return nil, nil, fmt.Errorf("it was written by %q, not by %s", fmt.Sprint(name), toolName)
	}
	return whole, run, nil
}

// addResults adds the results with their rules, whose places in the list they
// name.
func (m *merger) addResults(run object) error {
	for _, r := range array(at(run, "tool", "driver", "rules")) {
		id, ok := at(r, "id").(string)
		if _, known := m.index[id]; ok && !known {
			m.index[id] = len(m.rules)
			m.rules = append(m.rules, r)
		}
	}
	for _, r := range array(run["results"]) {
		result, _ := r.(object)
		id, _ := result["ruleId"].(string)
		place, known := m.index[id]
		if !known {
			return fmt.Errorf("a result of rule %q, which is not described", id)
		}
		result["ruleIndex"] = place
		text, err := json.Marshal(result)
		if err != nil {
			return err
		}
		if m.seen[string(text)] {
			continue // a file that two parts had
		}
		m.seen[string(text)] = true
		m.results = append(m.results, result)
	}
	return nil
}

// finish puts together what one document of the whole scan would hold.
func (m *merger) finish() {
	slices.SortStableFunc(m.results, func(a, b any) int {
		return cmp.Or(-cmp.Compare(severity(a), severity(b)), strings.Compare(uriOf(a), uriOf(b)))
	})
	m.notifications, m.configuration = capped(m.notifications), capped(m.configuration)
	if dropped := len(m.results) - MaxResults; dropped > 0 {
		m.results = m.results[:MaxResults]
		m.notifications = append(m.notifications, leftOut("the mildest %s, of which code scanning would keep none", plain.Count(dropped, "finding")))
	}
	m.run["results"] = append([]any{}, m.results...)
	if driver, ok := at(m.run, "tool", "driver").(object); ok {
		driver["rules"] = append([]any{}, m.rules...)
	}
	invocation := object{"executionSuccessful": m.successful}
	if len(m.notifications) > 0 {
		invocation["toolExecutionNotifications"] = m.notifications
	}
	if len(m.configuration) > 0 {
		invocation["toolConfigurationNotifications"] = m.configuration
	}
	m.run["invocations"] = []any{invocation}
	if len(m.suppressed) > 0 {
		m.run["properties"] = object{"suppressed": m.suppressed}
	}
}

// capped keeps the first notifications and says how many others there were.
func capped(all []any) []any {
	more := len(all) - maxNotifications
	if more <= 0 {
		return all
	}
	return append(all[:maxNotifications:maxNotifications], leftOut("%s", plain.Count(more, "more notification")))
}

// leftOut is the notification that something is not in the merged document.
func leftOut(format, what string) object {
	return object{"level": "warning", "message": object{"text": "Left out of this document: " + fmt.Sprintf(format, what) + "."}}
}

// severity is that of a result of ours, by which results are ordered.
func severity(result any) rule.Severity {
	text, _ := at(result, "properties", "severity").(string)
	s, _ := rule.ParseSeverity(text)
	return s
}

// uriOf is where the first location of a result is.
func uriOf(result any) string {
	if l := array(at(result, "locations")); len(l) > 0 {
		uri, _ := at(l[0], "physicalLocation", "artifactLocation", "uri").(string)
		return uri
	}
	return ""
}

// at returns the value at the end of a path of keys, or nil.
func at(v any, keys ...string) any {
	for _, k := range keys {
		o, _ := v.(object)
		v = o[k]
	}
	return v
}

// array is a JSON array, or nothing.
func array(v any) []any {
	a, _ := v.([]any)
	return a
}
