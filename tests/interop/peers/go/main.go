// A peer in Go: "serve STACK [PATH]" and "call STACK ADDRESS" come as lines of the standard input or as arguments.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

func main() {
	if len(os.Args) > 1 {
		obey(os.Args[1:])
		if os.Args[1] == "serve" {
			select {}
		}
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		obey(strings.Fields(lines.Text()))
	}
}

func obey(words []string) {
	words = append(words, "")
	stack := parseStack(words[1])
	switch words[0] {
	case "serve":
		if address, err := serve(stack, words[2]); err != nil {
			fmt.Println("refused", words[1], err)
		} else {
			fmt.Println("serving", words[1], address)
		}
	case "call":
		call(stack, words[2])
		fmt.Println("done", words[1])
	}
}

func unhex(text string) []byte {
	data, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}
