package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/apache/thrift/lib/go/thrift"

	"peer/interop"
)

var (
	notesLock sync.Mutex
	notes     []string
)

type handler struct{}

func (handler) Who(context.Context) (string, error) { return "go", nil }
func (handler) Ping(context.Context) error          { return nil }

func (handler) Describe(_ context.Context, value *interop.Everything) (string, error) {
	return describe(value), nil
}

func (handler) Echo(_ context.Context, value *interop.Everything) (*interop.Everything, error) {
	return value, nil
}

func (handler) Arguments(_ context.Context, a bool, b int8, c int16, d int32, e int64, f float64, g string, h []byte,
	i interop.Color, j []int32, k map[string]int32, l *interop.Point) (string, error) {
	var out strings.Builder
	out.WriteByte('[')
	for n, value := range []any{a, b, c, d, e, f, g, h, i, j, k, l} {
		if n > 0 {
			out.WriteByte(',')
		}
		out.WriteString(describe(value))
	}
	out.WriteByte(']')
	return out.String(), nil
}

func (handler) Half(_ context.Context, value float64) (float64, error) { return value / 2, nil }

func (handler) Reversed(_ context.Context, data []byte) ([]byte, error) {
	out := make([]byte, len(data))
	for i, b := range data {
		out[len(data)-1-i] = b
	}
	return out, nil
}

func (handler) Divide(_ context.Context, dividend, divisor int32) (int32, error) {
	if divisor == 0 {
		return 0, &interop.Refused{Code: 1, Reason: "division by zero: ÷0"}
	}
	if divisor < 0 {
		return 0, &interop.Broken{Detail: "less than nothing", Places: []*interop.Point{{X: dividend, Y: divisor}}}
	}
	return dividend / divisor, nil
}

func (handler) Fail(context.Context) error { return errors.New("undeclared") }

func (handler) Note(_ context.Context, text string) error {
	notesLock.Lock()
	defer notesLock.Unlock()
	notes = append(notes, text)
	return nil
}

func (handler) Notes(_ context.Context, prefix string) ([]string, error) {
	notesLock.Lock()
	defer notesLock.Unlock()
	out := []string{}
	for _, text := range notes {
		if strings.HasPrefix(text, prefix) {
			out = append(out, text)
		}
	}
	return out, nil
}

func (handler) Narrow(_ context.Context, value *interop.Narrow) (string, error) { return describe(value), nil }

type second struct{}

func (second) Twice(_ context.Context, number int32) (int32, error) { return 2 * number, nil }

func processor(mux bool) thrift.TProcessor {
	peer := interop.NewPeerProcessor(handler{})
	peer.AddToProcessorMap("describe_uuid", uuidFunction{"describe_uuid"})
	peer.AddToProcessorMap("echo_uuid", uuidFunction{"echo_uuid"})
	if !mux {
		return peer
	}
	multiplexed := thrift.NewTMultiplexedProcessor()
	multiplexed.RegisterProcessor("Peer", peer)
	multiplexed.RegisterProcessor("Second", interop.NewSecondProcessor(second{}))
	multiplexed.RegisterDefault(peer)
	return multiplexed
}

// serve answers on an address of the system's choice (or on the path) from another goroutine on.
func serve(stack Stack, path string) (string, error) {
	protocols, err := stack.protocolFactory()
	if err != nil {
		return "", err
	}
	transports, err := stack.transportFactory()
	if err != nil {
		return "", err
	}
	if stack.transport == "http" {
		return serveHTTP(stack, path, protocols)
	}
	var socket thrift.TServerTransport
	var address func() net.Addr
	switch stack.socket {
	case "unix":
		plain := thrift.NewTServerSocketFromAddrTimeout(&net.UnixAddr{Name: path, Net: "unix"}, 0)
		socket, address = plain, plain.Addr
	case "ssl":
		config, err := serverTLS()
		if err != nil {
			return "", err
		}
		secure, err := thrift.NewTSSLServerSocket("127.0.0.1:0", config)
		if err != nil {
			return "", err
		}
		socket, address = secure, secure.Addr
	default:
		plain, err := thrift.NewTServerSocket("127.0.0.1:0")
		if err != nil {
			return "", err
		}
		socket, address = plain, plain.Addr
	}
	server := thrift.NewTSimpleServer4(processor(stack.mux), socket, transports, protocols)
	server.SetLogContext(context.Background())
	if err := server.Listen(); err != nil {
		return "", err
	}
	go server.AcceptLoop()
	return addressText(address()), nil
}

func serveHTTP(stack Stack, path string, protocols thrift.TProtocolFactory) (string, error) {
	network, where := "tcp", "127.0.0.1:0"
	if stack.socket == "unix" {
		network, where = "unix", path
	}
	listener, err := net.Listen(network, where)
	if err != nil {
		return "", err
	}
	address := addressText(listener.Addr())
	if stack.socket == "ssl" {
		config, err := serverTLS()
		if err != nil {
			return "", err
		}
		listener = tls.NewListener(listener, config)
	}
	go http.Serve(listener, http.HandlerFunc(thrift.NewThriftHandlerFunc(processor(stack.mux), protocols, protocols)))
	return address, nil
}

func addressText(address net.Addr) string {
	if _, port, err := net.SplitHostPort(address.String()); err == nil {
		return port
	}
	return address.String()
}
