package plantedtest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
)

// Files that h5py wrote, in which 160 times # stands in place of a text: as an
// attribute of the root group, and as the element of a dataset.
const (
	attributeFile = "H4sIAAAAAAACA+v0cHHj5ZLiYgABDg4GFgYBBmTwHwoEOFD5MPkEKM0IpTug9AommDgzWE4CKi4ANV+BGcJ/ABUPCXJ1Ban+" +
		"jwZg9giwQmgOhlEwEoGHq2MAiI6ApyMIOMGEqq4cLT16UGivINQm9HTNw3AAag8rME1yMOTll6SC+MJAixcg2a88yAHI/YxIAcYIzamM" +
		"jBABFqg/YDQzUB4kI6ggDxVTYBDnYBCvh8qDQgMkz8TExAjJrxDzmBlhWVcALYQ7BlU6C/bzd2FkYESUMyyjeW8UDHfQYA8kHIDIAQAh" +
		"p4fREAgAAA=="
	datasetFile = "H4sIAAAAAAACA+v0cHHj5ZLiYgABDg4GFgYBBmTwHwoWcKDyYfIJUJoRSndA6RVMMHFGsJwEVFwQaj66upAgV1eQ6v9oAGaPAQuE" +
		"5mAYBSMReLg6BoDoCCgflkpPMKGqK0mtKClGSo8eFNrLyMAKMYsRxoekZEZGRpR0D6OZgSkUxBYGEguANCuUz8TExAhJvxD9zIywpLwA" +
		"zcYZgzoegv38XUA5GpYPFZhH0+YoGAVDFSgPcgAAX3XXw6AIAAA="
)

// hdf5 is one of the files with a text in its place.
func hdf5(file, text string) []byte {
	const room = 160
	packed, err := base64.StdEncoding.DecodeString(file)
	if err != nil || len(text) > room {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	content, err := io.ReadAll(z)
	if err != nil {
		return nil
	}
	return []byte(strings.Replace(string(content), strings.Repeat("#", room), text+strings.Repeat("\x00", room-len(text)), 1))
}
