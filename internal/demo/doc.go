// Package demo makes the files of testdata/demo, sound models and dangerous
// ones, from code that names each opcode and field. Its test compares them, and
// says what a scan must find in them. What they run, if somebody loads them, is
// echo poc.
package demo
