package json_test

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func reader(text string) *hostile.Reader {
	budget := hostiletest.Budget(len(text))
	// Not hostile.Bytes, so that reading goes through the Reader's own buffer.
	return hostile.NewReader(strings.NewReader(text), int64(len(text)), budget)
}

var spelling = map[json.Kind]string{
	json.Object: "{", json.ObjectEnd: "}", json.Array: "[", json.ArrayEnd: "]",
	json.True: "true", json.False: "false", json.Null: "null",
}

// tokens prints the tokens of a text, one word each.
func tokens(text string) (string, error) {
	d := json.NewDecoder(reader(text))
	var out []string
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		word := spelling[t.Kind]
		switch {
		case t.Kind == json.Name && t.Again:
			word = fmt.Sprintf("again:%q", t.Text)
		case t.Kind == json.Name:
			word = fmt.Sprintf("name:%q", t.Text)
		case t.Kind == json.String:
			word = fmt.Sprintf("%q", t.Text)
		case t.Kind == json.Number:
			word = t.Text
		}
		out = append(out, fmt.Sprintf("%d:%s", t.Offset, word))
	}
	return strings.Join(out, " "), d.Err()
}

func TestTokens(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for _, c := range []struct{ name, text, want string }{
		{name: "object", text: ` {"a": [1, -2.5e+3, {}], "b":null}` + "\n",
			want: `1:{ 2:name:"a" 7:[ 8:1 11:-2.5e+3 20:{ 21:} 22:] 25:name:"b" 29:null 33:}`},
		{name: "name again", text: `{"a":1,"\u0061":2}`, want: `0:{ 1:name:"a" 5:1 7:again:"a" 16:2 17:}`},
		{name: "the same name elsewhere", text: `[{"a":1},{"a":2}]`,
			want: `0:[ 1:{ 2:name:"a" 6:1 7:} 9:{ 10:name:"a" 14:2 15:} 16:]`},
		{name: "escapes", text: `"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83d."`, want: `0:"\"\\/\b\f\n\r\té😀` + "\ufffd" + `."`},
		{name: "numbers of Python", text: `[NaN,Infinity,-Infinity]`, want: `0:[ 1:NaN 5:Infinity 14:-Infinity 23:]`},
		{name: "words", text: `[true,false,null,""]`, want: `0:[ 1:true 6:false 12:null 17:"" 19:]`},
		{name: "long string", text: `"` + long + `\n` + long + `"`, want: `0:"` + long + `\n` + long + `"`},
		{name: "long space", text: strings.Repeat(" ", 1000) + "0", want: "1000:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tokens(c.text)
			if err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       hostile.Kind
		offset     int64
	}{
		{name: "empty", kind: hostile.Truncated},
		{name: "open object", text: `{"a":1`, kind: hostile.Truncated, offset: 6},
		{name: "open string", text: `["abc`, kind: hostile.Truncated, offset: 5},
		{name: "open escape", text: `"\`, kind: hostile.Truncated, offset: 1},
		{name: "comma before ]", text: `[1,]`, kind: hostile.Malformed, offset: 3},
		{name: "comma before }", text: `{"a":1,}`, kind: hostile.Malformed, offset: 7},
		{name: "no comma", text: `[1 2]`, kind: hostile.Malformed, offset: 3},
		{name: "no colon", text: `{"a" 1}`, kind: hostile.Malformed, offset: 5},
		{name: "no value", text: `{"a":}`, kind: hostile.Malformed, offset: 5},
		{name: "name without quotes", text: `{a:1}`, kind: hostile.Malformed, offset: 1},
		{name: "text behind", text: `{} x`, kind: hostile.Malformed, offset: 3},
		{name: "leading zero", text: `[01]`, kind: hostile.Malformed, offset: 1},
		{name: "bare point", text: `[1.]`, kind: hostile.Malformed, offset: 1},
		{name: "control character", text: "\"a\nb\"", kind: hostile.Malformed, offset: 2},
		{name: "unknown escape", text: `"\x"`, kind: hostile.Malformed, offset: 1},
		{name: "invalid UTF-8", text: "\"\xff\"", kind: hostile.Malformed, offset: 1},
		{name: "mismatched brackets", text: `[}`, kind: hostile.Malformed, offset: 1},
		{name: "too deep", text: strings.Repeat("[", 10_001), kind: hostile.Unsupported, offset: 10_000},
		{name: "too long a number", text: strings.Repeat("1", 9000), kind: hostile.Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tokens(c.text)
			var f *hostile.Fault
			if !errors.As(err, &f) || f.Kind != c.kind || f.Offset != c.offset {
				t.Errorf("got %v behind %.60s, want %v at byte %#x", err, got, c.kind, c.offset)
			}
		})
	}
}

func TestParse(t *testing.T) {
	v, err := json.Parse(reader(`{"a":{"b":[1,"x"]},"c":2,"c":3,"s":"t"}`))
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := v.Get("c").Int(); n != 3 || !ok || !v.Members[2].Again {
		t.Errorf("c: got %d, %v, %+v", n, ok, v.Members[2])
	}
	if got := v.Get("a").Get("b").Items[1].String(); got != "x" {
		t.Errorf("a.b[1]: got %q, want \"x\"", got)
	}
	if got := v.Get("none").Get("b").String(); got != "" {
		t.Errorf("none.b: got %q", got)
	}
	if _, ok := v.Get("s").Int(); ok {
		t.Errorf("s is no integer")
	}
	if _, err := json.Parse(reader(`{} {}`)); err == nil {
		t.Errorf("two values: got no error")
	}
}

func TestSkip(t *testing.T) {
	d := json.NewDecoder(reader(`[[1,[2]],{"a":{}},3]`))
	var got []json.Kind
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		got = append(got, t.Kind)
		if len(got) > 1 {
			d.Skip(t)
		}
	}
	want := []json.Kind{json.Array, json.Array, json.Object, json.Number, json.ArrayEnd}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestUTF8(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{name: "UTF-8", text: `["é"]`},
		{name: "UTF-8 with mark", text: "\ufeff" + `["é"]`},
		{name: "UTF-16LE", text: "[\x00\"\x00\xe9\x00\"\x00]\x00"},
		{name: "UTF-16BE", text: "\x00[\x00\"\x00\xe9\x00\"\x00]"},
		{name: "UTF-16 with mark", text: "\xff\xfe[\x00\"\x00\xe9\x00\"\x00]\x00"},
		{name: "UTF-32LE", text: "[\x00\x00\x00\"\x00\x00\x00\xe9\x00\x00\x00\"\x00\x00\x00]\x00\x00\x00"},
		{name: "UTF-32BE with mark", text: "\x00\x00\xfe\xff\x00\x00\x00[\x00\x00\x00\"\x00\x00\x00\xe9\x00\x00\x00\"\x00\x00\x00]"},
	} {
		r, err := json.UTF8(reader(c.text))
		if err != nil {
			t.Errorf("%s: got error %v", c.name, err)
			continue
		}
		v, err := json.Parse(r)
		if err != nil || len(v.Items) != 1 || v.Items[0].Text != "é" {
			t.Errorf("%s: got %+v, %v", c.name, v, err)
		}
	}
	if _, err := json.UTF8(reader("[\x00]\x00 ")); err == nil {
		t.Errorf("half a character: got no error")
	}
}

// FuzzParse: what encoding/json takes, Parse takes, and with the same result;
// offsets increase.
func FuzzParse(f *testing.F) {
	f.Add(`{"a": [1, -2.5e+3, {}], "b":null, "a":"\ud83d\ude00"}`)
	f.Add(`[true,false,NaN,"\u00e9",01]`)
	f.Fuzz(func(t *testing.T, text string) {
		d := json.NewDecoder(reader(text))
		for last, tok := int64(-1), d.Next(); tok.Kind != 0; tok = d.Next() {
			if tok.Offset <= last {
				t.Fatalf("%q: a token at byte %d follows one at %d", text, tok.Offset, last)
			}
			last = tok.Offset
		}
		got, err := json.Parse(reader(text))
		var want any
		std := stdjson.NewDecoder(strings.NewReader(text))
		std.UseNumber()
		if std.Decode(&want) != nil || std.Decode(new(any)) != io.EOF {
			return
		}
		if err != nil {
			if !strings.Contains(err.Error(), "UTF-8") && !strings.Contains(err.Error(), "number of more") {
				t.Fatalf("%q: got error %v, encoding/json has none", text, err)
			}
			return
		}
		if diff := cmp.Diff(want, plain(got)); diff != "" {
			t.Errorf("%q: encoding/json (-), got (+):\n%s", text, diff)
		}
	})
}

// plain turns a tree into what encoding/json makes of the text.
func plain(v *json.Value) any {
	switch v.Kind {
	case json.Object:
		m := make(map[string]any)
		for _, member := range v.Members {
			m[member.Name] = plain(&member.Value)
		}
		return m
	case json.Array:
		a := make([]any, 0, len(v.Items))
		for i := range v.Items {
			a = append(a, plain(&v.Items[i]))
		}
		return a
	case json.String:
		return v.Text
	case json.Number:
		return stdjson.Number(v.Text)
	case json.Null:
		return nil
	}
	return v.Kind == json.True
}
