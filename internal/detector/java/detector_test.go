package java_test

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/java"
)

const signature = "\xac\xed\x00\x05"

// object is an object of a serializable class with no fields.
func object(class string) string {
	return "\x73\x72\x00" + string(rune(len(class))) + class + "\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x78\x70"
}

func Test(t *testing.T) {
	runs, odd, custom := []string{"java-object-runs-code"}, []string{"java-object-odd"}, []string{"java-custom-class"}
	const whole = "a stream may end behind any of its objects"
	var cases []detectortest.Case
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{name: "a tree of Weka", text: object("weka.classifiers.trees.J48") + object("weka.core.Instances") + "\x75\x72\x00\x02[D\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x78\x70\x00\x00\x00\x00"},
		{name: "an array of texts", text: "\x75\x72\x00\x13[Ljava.lang.String;\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x78\x70\x00\x00\x00\x01\x74\x00\x01a"},
		{name: "a function of Apache Commons", text: object("weka.core.Instances") + object("org.apache.commons.collections.functors.InvokerTransformer"), want: runs},
		{name: "a class within one", text: object("java.rmi.server.UnicastRemoteObject$X"), want: runs},
		{name: "the class of programs", text: "\x76\x72\x00\x11java.lang.Runtime\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x78\x70", want: runs},
		{name: "within an array", text: "\x75\x72\x00\x1b[Ljava.lang.ProcessBuilder;\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x78\x70\x00\x00\x00\x00", want: runs},
		{name: "an address", text: object("java.net.URL"), want: odd},
		{name: "a proxy", text: "\x73\x7d\x00\x00\x00\x01\x00\x0djava.util.Map\x78\x70", want: odd},
		{name: "a class of the author's", text: object("com.example.Model"), want: custom},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "a.model", Data: []byte(signature + c.text), Want: c.want, AnyPrefix: whole})
	}
	cases = append(cases, detectortest.Case{Name: "cut", File: "a.model", Data: []byte(signature + object("weka.core.Instances")[:20]), Unread: true, AnyPrefix: whole})
	detectortest.Run(t, java.Detector, cases)
}
