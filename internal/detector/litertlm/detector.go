// Package litertlm opens LiteRT-LM files, language models for devices: the models,
// tokenizers and templates in them are judged by themselves.
package litertlm

import (
	"context"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/litertlm"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Detector opens LiteRT-LM files.
var Detector = &detector.Detector{
	Name:  "litertlm",
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return h.HasPrefix(litertlm.Signature) },
	Run:   run,
}

// names are what the sections are called that are files. Weights are raw data, and
// the rest is metadata.
var names = map[litertlm.Type]string{
	litertlm.Generic: "data", litertlm.Model: "model.tflite", litertlm.SentencePiece: "tokenizer.model", litertlm.Tokenizer: "tokenizer.json.zlib",
}

// run hands every section on.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("litertlm")
	f, err := litertlm.Decode(p.Reader())
	for _, t := range f.Texts {
		p.Text(t.Key, t.Offset, t.Value)
	}
	for i, s := range f.Sections {
		if stop := section(p, i, s); stop != nil {
			return stop
		}
	}
	return err
}

// section hands a section on as the file that it is. The text of a tokenizer stands
// behind its size.
func section(p *detector.Pass, i int, s litertlm.Section) error {
	const sized = 8
	name, known := names[s.Type]
	switch {
	case s.Type == litertlm.Weights:
		return nil
	case s.Type == litertlm.Tokenizer && s.Size >= sized:
		s.Offset, s.Size = s.Offset+sized, s.Size-sized
	case !known && s.Type >= litertlm.LLMMetadata && s.Type <= litertlm.Recognition:
		return metadata(p, i, s)
	case !known:
		name = "section"
	}
	return p.Part(fmt.Sprintf("%d/%s", i, name), s.Offset, s.Size)
}

// metadata hands the templates on that the metadata of a model has, and shows its
// texts.
func metadata(p *detector.Pass, i int, s litertlm.Section) error {
	p.Claim(s.Offset, s.Size)
	var stop error
	err := litertlm.MetadataTexts(p.Reader().At(uint64(s.Offset), uint64(s.Size)), func(offset int64, text string) {
		switch {
		case stop != nil:
		case strings.Contains(text, "{{") || strings.Contains(text, "{%"):
			stop = p.Nested(p.File.Member(fmt.Sprintf("%d/template.jinja", i), hostile.Bytes(text), int64(len(text))))
		default:
			p.Text(fmt.Sprintf("metadata %d", i), offset, text)
		}
	})
	if stop != nil {
		return stop
	}
	return err
}
