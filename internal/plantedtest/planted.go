// Package plantedtest plants credentials and encoded payloads in files of the
// formats that models come in, each beside a harmless twin of the same shape.
// Nothing in its source is a credential: they are put together when it runs.
package plantedtest

// A Row is a file with something planted in it, and its twin.
type Row struct {
	Name string // of the row
	File string // name of the file
	// Rules are those of which one must fire.
	Rules []string
	// Hidden are texts that no output may show.
	Hidden []string
	Data   []byte
	Twin   []byte // a file of which nothing is to be said
}

// All returns every row.
func All() []Row { return append(Secrets(), Payloads()...) }

// Secrets returns the rows with credentials: each carrier with a credential of
// another kind, in turn.
func Secrets() []Row {
	kinds := forms()
	var out []Row
	for i, c := range carriers() {
		out = append(out, planted(c, kinds[i%len(kinds)]))
	}
	for i, k := range kinds { // those that are left, and all once more in other places
		out = append(out, planted(carriers()[(i*7+3)%len(carriers())], k))
	}
	return out
}

// planted is a row of a carrier and a form.
func planted(c carrier, f form) Row {
	return Row{
		Name: f.name + " in " + c.name, File: c.file, Hidden: f.hidden,
		Rules: []string{"secret-in-model", "secret-likely-in-model"},
		Data:  c.build(f.secret), Twin: c.build(f.twin),
	}
}
