// Command scimd is the server and its command line: it owns configuration, the
// choice of database and the wiring of the front doors. It must not know a
// rule: what it does to a running server it asks for over HTTP.
package main

import "os"

func main() {
	os.Exit(newApp().run(os.Args[1:]))
}
