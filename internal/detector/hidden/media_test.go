package hidden_test

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/hidden"
	"github.com/modelaudit/modelaudit/internal/detector/payload"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// png is a PNG of chunks, each a type and its data.
func png(chunks ...string) []byte {
	out := []byte("\x89PNG\r\n\x1a\n")
	for i := 0; i+1 < len(chunks); i += 2 {
		out = binary.BigEndian.AppendUint32(out, uint32(len(chunks[i+1])))
		body := chunks[i] + chunks[i+1]
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE([]byte(body)))
	}
	return out
}

func TestMedia(t *testing.T) {
	evil := string(pickletest.New(2).Global("posix", "system").Str("echo poc").Tuple(1).Reduce().Stop())
	pixels := string(noise(4096))
	picture := string(png("IHDR", pixels[:13], "IDAT", pixels, "IEND", ""))
	want := []string{"file-hidden-in-media"}
	stream := gzipped(string(noise(600)))
	named := "a picture is known by its signature, and no model"
	var cases []detectortest.Case
	for _, c := range []struct {
		name, file, data string
		want             []string
	}{
		{"pickle behind a PNG", "a.png", picture + evil, want},
		{"program behind a JPEG", "a.jpg", "\xff\xd8\xff\xe0" + pixels + "\xff\xd9" + executabletest.ELF(), want},
		{"pickle in the samples of a sound", "a.wav", "RIFF\x24\x10\x00\x00WAVEdata" + pixels + evil + pixels, want},
		{"pickle behind many streams", "a.png", picture + strings.Repeat(string(stream), 300) + evil, want},
		{"pickle behind a large picture", "a.png", string(slices.Concat([]byte(picture), make([]byte, 65<<20))) + evil, want},
		{"payload in a long text", "a.png", string(png("IHDR", pixels[:13], "tEXt", "Comment\x00"+strings.Repeat("a cat ", 20_000)+base64.StdEncoding.EncodeToString([]byte(evil)), "IEND", "")), []string{"encoded-payload"}},
		{"payload in a packed text", "a.png", string(png("IHDR", pixels[:13], "zTXt", "Comment\x00\x00"+string(zlibbed(base64.StdEncoding.EncodeToString([]byte(evil)))), "IEND", "")), []string{"encoded-payload"}},
		{"pickle in a packed text", "a.png", string(png("IHDR", pixels[:13], "zTXt", "Comment\x00\x00"+string(zlibbed(string(call()))), "IEND", "")), []string{"pickle-executes-code"}},
		{"payload in a packed international text", "a.png", string(png("IHDR", pixels[:13], "iTXt", "Comment\x00\x01\x00en\x00\x00"+string(zlibbed(base64.StdEncoding.EncodeToString([]byte(evil)))), "IEND", "")), []string{"encoded-payload"}},
		{"payload in a text", "a.png", string(png("IHDR", pixels[:13], "tEXt", "Comment\x00"+base64.StdEncoding.EncodeToString([]byte(evil)), "IEND", "")), []string{"encoded-payload"}},
		{"program in a text", "a.png", string(png("IHDR", pixels[:13], "tEXt", "Comment\x00import os; os.system('echo poc')", "IEND", "")), []string{"code-in-metadata"}},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: c.file, Data: []byte(c.data), Want: c.want, AnyPrefix: named, Named: named, Heavy: true})
	}
	for name, data := range map[string]string{"picture": picture, "text": string(png("IHDR", pixels[:13], "tEXt", "Title\x00A picture of a cat, on a mat", "IEND", "")), "cut": picture[:100]} {
		cases = append(cases, detectortest.Case{Name: name, File: "m.zip", Data: zipped(0, "a.png", data), Heavy: true})
	}
	detectortest.Run(t, hidden.Media, cases, archive.Detector, pickle.Detector, payload.Detector)
}
