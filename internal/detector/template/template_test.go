package template_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/template"
	"github.com/modelaudit/modelaudit/internal/finding"
)

// honest has what chat templates have.
const honest = `{%- set ns = namespace(found=false, first_class='x') -%}
{#- a comment with __class__ and {{ nothing }} #}
{%- macro tool(t, indent_by=2) -%}
{{ '{"name": "' ~ t.name ~ '", "args": ' + (t['parameters'] | tojson(indent=4)) + '}' }}{{ t.description.split('\n')[0] }}
{%- endmacro -%}
{{ bos_token }}{% for message in loop_messages | selectattr('role', 'ne', 'system') if message is not none recursive %}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) and not loop.last -%}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{%- elif message.role in ['system', 'tool', 'import os', '__end__'] or 'tool_calls' in message -%}
{%- set ns.found = true -%}{{ "%s: %s" | format(message.role | upper, message['content'] | trim) }}
{%- else -%}{{ "{}".format(message.content[:10]) }}{{ message[0]['k' ~ loop.index0] }}{{ tool(message) }}
{%- endif -%}{% continue %}
{%- endfor -%}
{%- for k, v in dict(a=1).items() | map(attribute='0') | list -%}{{ k ~ v if v is defined and v is string else '' }}{%- endfor -%}
{% set block %}def __init__(self): os.system("poc"){% endset %}{{ strftime_now("%d %b %Y") }}
{% raw %}{{ ().__class__.__mro__ }}{% endraw %}{% generation %}{{ messages[-1].content }}{% endgeneration %}
{{- 'You may call __init__ and subprocess.run, os.popen' + "\n" -}}{{ range(10) | list | join(', ') }}{% break %}`

func cases() []detectortest.Case {
	runs, reaches := []string{"template-runs-code"}, []string{"template-reaches-interpreter"}
	host, computed := []string{"template-calls-host"}, []string{"template-computed-name"}
	exhausts := []string{"template-exhausts"}
	var cases []detectortest.Case
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"the known chain", `{{ ().__class__.__base__.__subclasses__()[1].__init__.__globals__['os'].popen('echo poc').read() }}`, runs},
		{"cycler", `{{ cycler.__init__.__globals__.os.popen('echo poc') }}`, runs},
		{"in a condition", `{% if joiner.__init__.__globals__.os.system('echo poc') %}{% endif %}`, runs},
		{"in a loop", `{% for c in ''.__class__.mro()[1].__subclasses__() %}{% if 'warning' in c.__name__ %}{{ c()._module }}{% endif %}{% endfor %}`, reaches},
		{"in an assignment", `{% set g = lipsum.__globals__ %}{{ g['os']['popen']('echo poc') }}`, runs},
		{"in a default of a macro", `{% macro m(a=namespace.__init__.__globals__) %}{% endmacro %}`, reaches},
		{"in the argument of a test", `{{ x is sameas y.__class__ }}`, reaches},
		{"attr filter", `{{ x|attr('__class__')|attr('__init__') }}`, reaches},
		{"attr filter, joined", `{{ x|attr(['__','class','__']|join) }}`, reaches},
		{"attr filter, formatted", `{{ x|attr('%sclass%s'|format('__','__')) }}`, reaches},
		{"attr filter, formatted by keys", `{{ x|attr('%(b)s%(a)s'|format(a='class__',b='__')) }}`, reaches},
		{"attr filter, formatted by a dict", `{{ x|attr('%(a)sass__' % {'a': '__cl'}) }}`, reaches},
		{"attr filter, formatted with a width", `{{ x|attr('%*sass%ls' % (4, '__cl', '__')) }}`, reaches},
		{"attr filter, from numbers", `{{ x|attr('%c%cclass%c%c'|format(95,95,95,95)) }}`, reaches},
		{"subscript, of a dict", `{{ x[{'a': '__cla'}['a'] ~ {'b': 'ss__'}.b] }}`, reaches},
		{"subscript, of a dict in a variable", `{% set d = {'a': '__cla', 'b': 'ss__'} %}{{ x[d['a'] ~ d.get('b')] }}`, reaches},
		{"subscript, of a dict in a dict", `{% set d = dict(a={'b': '__cla'}) %}{{ x[d.a.b ~ dict(c='ss__')['c']] }}`, reaches},
		{"subscript, of what is in a dict", `{% set d = {'a': '__cla', 'b': 'ss__'} %}{{ x[d.values()|join] }}`, reaches},
		{"subscript, of another list in the same variable", `{% set l = ['a'] %}{% set l = ['__cla'] %}{{ x[l[0] ~ 'ss__'] }}`, reaches},
		{"subscript, of what dicts have in common", `{{ x[[{'n': '__cla'}, {'n': 'ss__'}]|map(attribute='n')|join] }}`, reaches},
		{"subscript, joined of what dicts have in common", `{{ x[[{'n': '__cla'}, {'n': 'ss__'}]|join(attribute='n')] }}`, reaches},
		{"subscript, of a list as text", `{{ x[(['__cla', 'ss__']|string)[2:-2]|replace("', '", '')] }}`, reaches},
		{"subscript, of a block with a value or nothing", `{% set v %}{{ none or '__cla' }}ss__{% endset %}{{ x[v] }}`, reaches},
		{"subscript, of a cycle", `{{ x[cycler('__cla', 'b').next() ~ 'ss__'] }}`, reaches},
		{"subscript, of one of two in a list", `{{ x[['z' if false else '__cla', 'ss__']|join] }}`, reaches},
		{"subscript, of one of two arguments", `{{ x['%s%s'|format('z' if false else '__cla', 'ss__')] }}`, reaches},
		{"subscript, of one of many in a list", `{{ x['_'~[` + strings.Repeat(`'_' if y else '__', `, 5) + `]|join~'_'] }}`, computed},
		{"subscript, of a value or nothing", `{{ x[dict(a=none or '__cla').a ~ 'ss__'] }}`, reaches},
		{"subscript, split", `{{ x[('__cla-ss__').split('-')|join] }}`, reaches},
		{"subscript, parted", `{{ x[('__class__-').rpartition('-')[0]|d] }}`, reaches},
		{"subscript, without what is in front", `{{ x['-__class__'.removeprefix('-')] }}`, reaches},
		{"subscript, from bytes", `{{ x[('__cla'~'ss__').encode().decode()] }}`, reaches},
		{"subscript, joined of mapped parts", `{{ x[['__CLA','SS__']|map('lower')|list|unique|join] }}`, reaches},
		{"subscript, joined of the first of several", `{{ x[['__cla','ss__']|batch(2)|first|join] }}`, reaches},
		{"subscript, as prose", `{{ x[('__cla'~'ss__')|indent|wordwrap(99)|center(1)] }}`, reaches},
		{"subscript, as JSON", `{{ x[(('__cla'~'ss__')|tojson)[1:-1]] }}`, reaches},
		{"subscript, by default", `{{ x[nothing|default('__cla'~'ss__')] }}`, reaches},
		{"attr filter, replaced", `{{ x|attr('XXclassXX'|replace('X','_')) }}`, reaches},
		{"attr filter, reversed", `{{ x|attr('__ssalc__'|reverse) }}`, reaches},
		{"subscript, centred", `{{ x['class'.center(9, '_')] }}`, reaches},
		{"subscript, adjusted", `{{ x['class'.ljust(7, '_').rjust(9, '_')] }}`, reaches},
		{"subscript, folded", `{{ x['__CLASS__'.casefold()] }}`, reaches},
		{"attr filter, translated", `{{ x|attr('~~class~~'.translate({126: 95})) }}`, computed},
		{"attr filter, sliced", `{{ x|attr('__ssalc__'[::-1]) }}`, reaches},
		{"attr filter, lowered", `{{ x|attr('__CLASS__'.lower()) }}`, reaches},
		{"attr filter, of a dict", `{{ x|attr(dict(__class__=1)|first) }}`, reaches},
		{"subscript", `{{ x['__class__'] }}`, reaches},
		{"subscript, concatenated", `{{ x['__cl'~'ass__'] }}{{ x['__in'+'it__'] }}`, reaches},
		{"subscript, adjacent", `{{ x['__cl' 'ass__'] }}`, reaches},
		{"subscript, repeated", `{{ x['_'*2~'globals'~'_'*2] }}`, reaches},
		{"subscript, escaped", `{{ x["\x5f\x5fclass\x5f\x5f"] }}`, reaches},
		{"subscript, octal", `{{ x["\137\137class\137\137"] }}`, reaches},
		{"subscript, unicode", `{{ x["\u005f\u005fclass\u005f_"] }}`, reaches},
		{"subscript, named character", `{{ x["\N{LOW LINE}_class_\N{low line}"] }}`, reaches},
		{"subscript, by variables", `{% set a, b = '__cl', 'ass__' %}{{ x[a ~ b] }}`, reaches},
		{"subscript, by a namespace", `{% set ns = namespace(u='__') %}{% set ns.w = 'class' %}{{ x[ns.u ~ ns.w ~ ns.u] }}`, reaches},
		{"subscript, by a block", `{% set n %}__class__{% endset %}{{ x[n] }}`, reaches},
		{"subscript, by a macro", `{% macro u() %}__{% endmacro %}{{ x[u() ~ 'class' ~ u()] }}`, reaches},
		{"subscript, by arguments", `{% macro m(o, a, b) %}{{ o[a ~ b] }}{% endmacro %}{{ m(x, '__cl', b='ass__') }}`, reaches},
		{"subscript, by a loop", `{% for n in ['__class__', '__mro__'] %}{{ x[n] }}{% endfor %}`, reaches},
		{"subscript, by a choice", `{{ x['a' if y else '__class__'] }}`, reaches},
		{"subscript, in part", `{% set u = (lipsum|string)[18] %}{{ x[u~u~'globals'~u~u] }}`, reaches},
		{"subscript, in pieces", `{% set u = (lipsum|string)[18] %}{{ x[u~u~u~u~u~u] }}`, computed},
		{"subscript, by the last of many values", many(20) + `{% if y %}{% set a = '__cl' ~ 'ass__' %}{% endif %}{{ x[a] }}`, computed},
		{"subscript, by one of many values", many(20) + `{{ x[a] }}`, nil},
		{"format field", `{{ '{0.__class__}'.format(x) }}`, reaches},
		{"format field of a variable", `{% set f = '{0.__init__.__globals__}' %}{{ f.format(x) }}`, reaches},
		{"format field, by subscript", `{{ '{x[__class__]}'.format_map(y) }}`, reaches},
		{"map by name", `{{ [x]|map('attr', '__class__')|list }}`, reaches},
		{"map by attribute", `{{ [x]|map(attribute='a.__class__.b')|list }}`, reaches},
		{"select", `{{ [x]|selectattr('__class__')|list }}`, reaches},
		{"frame of a generator", `{{ x.gi_frame.f_globals }}`, reaches},
		{"context of the template", `{{ self._TemplateReference__context }}`, reaches},
		{"assignment to an attribute", `{% set x.__class__ = 1 %}`, reaches},
		{"constant of a method", `{{ x['__globals__'.center(11)] }}`, reaches},
		{"constant of a choice by chance", `{{ x[('__globals__', 'a')|random] }}`, reaches},
		{"name in prose", `{{ y }} is what '__class__' and "__globals__" mean in Python`, nil},
		{"name in a prompt", `{{ "def __init__(self): pass" }}`, nil},
		{"computed attribute", `{{ x|attr(y) }}`, computed},
		{"attribute that a request chooses", `{{ x|attr(request.args.a)|attr(request.args.b) }}`, reaches},
		{"a request", `{{ request.id }}{{ x['a' ~ request.id] }}`, nil},
		{"calls os", `{{ os.system('echo poc') }}`, host},
		{"calls eval", `{{ eval('1') }}{{ __import__('os') }}`, host},
		{"its own os", `{% macro os(a) %}{% endmacro %}{{ os('x') }}`, nil},
		{"loads", `{% include '/etc/passwd' %}`, []string{"template-loads-file"}},
		{"imports a module", `{% import 'os' as o %}{% from "subprocess" import Popen %}`, []string{"template-loads-file"}},
		{"climbs", `{% from '../../x' import y as z with context %}`, []string{"template-loads-file"}},
		{"loads beside itself", `{% extends "base.jinja" %}{% import 'm.jinja' as m %}`, nil},
		{"loops too often", `{% for i in range(1000000000) %}{% endfor %}`, exhausts},
		{"repeats too often", `{{ 'a' * 100000000 }}`, exhausts},
		{"powers", `{{ 2 ** 9999999 }}`, exhausts},
		{"honest", honest, nil},
		{"empty", ``, nil},
		{"text with braces", `a } b { c {d} %}`, nil},
		{"dict and brackets at the end", `{{ {'a': {'b': [1, (2,)]}} }}{{ x[{'a':1}] }}`, nil},
		{"colon at the end", `{% for a in b: %}{% endfor %}`, nil},
		{"reserved but harmless", `{{ x.__name__ }}{{ x.__repr__() }}`, nil},
		{"numbers", `{{ 1_000 + 0xff + 1.5e-3 + x.0 + -y**2 // 3 % 4 }}`, nil},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "chat_template.jinja", Data: []byte(c.text), Want: c.want,
			AnyPrefix: "a template may end after any piece of text"})
	}
	wide := "\xff\xfe" + strings.Join(strings.Split(`{{ lipsum.__globals__ }}`, ""), "\x00") + "\x00"
	cases = append(cases, detectortest.Case{Name: "UTF-16", File: "chat_template.jinja", Data: []byte(wide), Want: []string{"template-reaches-interpreter"},
		AnyPrefix: "a template may end after any piece of text", Named: "UTF-16 is text to nothing but its name"})
	for name, text := range map[string]string{
		"not ended": `{{ x`, "bad end": `{% endfor %}`, "loop not ended": `{% for a in b %}`, "string not ended": `{{ 'a }}`, "comment not ended": `{# a`,
		"raw not ended": `{% raw %}{{ }}`, "no expression": `{{ a + }}`, "no operator": `{{ a b }}`,
		"too deep": "{{ " + strings.Repeat("(", 300) + " }}", "too long": "{{ a" + strings.Repeat("~a", 5100) + " }}",
		"too many signs": "{{ " + strings.Repeat("-", 300) + "1 }}", "too many nots": "{{ " + strings.Repeat("not ", 300) + "1 }}",
		"bad character": "{{ a ? b }}", "too many points": "{{ a" + strings.Repeat(".b", 5100) + " }}",
	} {
		cases = append(cases, detectortest.Case{Name: name, File: "chat_template.jinja", Data: []byte(text), Unread: true})
	}
	return cases
}

func TestDetector(t *testing.T) { detectortest.Run(t, template.Detector, cases()) }

// TestBeforeFault: what stands before a fault is told.
func TestBeforeFault(t *testing.T) {
	got := detectortest.RuleIDs(detectortest.Scan([]*detector.Detector{template.Detector}, "t.j2", []byte(`{{ x.__class__ }}{{ ( }}`)))
	if len(got) != 1 || got[0] != "template-reaches-interpreter" {
		t.Errorf("got %v, want the access before the fault", got)
	}
}

// TestForeign: a text of another language is no template of a model, unless
// something in it reaches the interpreter.
func TestForeign(t *testing.T) {
	for text, want := range map[string]audit.Status{
		`{% load static %}{% blocktranslate %}{% endblocktranslate %}`: audit.NotAModel,
		`{% if x %}`:               audit.NotAModel,
		`{{ x.__class__ }}{{ ( }}`: audit.Incomplete,
	} {
		if got := detectortest.Scan([]*detector.Detector{template.Detector}, "base.j2", []byte(text)); got.Status != want {
			t.Errorf("%s: got %s, want %s", text, got.Status, want)
		}
	}
}

func TestTooManyTokens(t *testing.T) {
	text := "{{ [" + strings.Repeat("1,", 51000) + "] }}"
	if got := detectortest.Scan([]*detector.Detector{template.Detector}, "t.j2", []byte(text)); got.Status != audit.Incomplete {
		t.Errorf("got %s, want incomplete", got.Status)
	}
}

// many are n values of the variable a.
func many(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "{%% if y == %d %%}{%% set a = 'x%d' %%}{%% endif %%}", i, i)
	}
	return out.String()
}

// A reader is told what would run, and the way to it in the order of the text.
func TestMessageNamesWhatRuns(t *testing.T) {
	got := detectortest.Scan([]*detector.Detector{template.Detector}, "a.jinja", []byte("{{ ''.__class__.__init__.__globals__['popen']('echo poc').read() }}"))
	if len(got.Findings) != 1 || !strings.HasSuffix(got.Findings[0].Message, "there popen, read.") {
		t.Fatalf("got %d findings, the first %+v", len(got.Findings), got.Findings)
	}
	if steps := got.Findings[0].Evidence; !slices.IsSortedFunc(steps, func(a, b finding.Step) int { return int(a.Offset - b.Offset) }) {
		t.Errorf("evidence is not in the order of the text: %v", steps)
	}
}
