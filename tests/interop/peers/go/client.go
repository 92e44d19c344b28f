package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"peer/interop"
)

// connection makes a client for each service over one transport, anew after an error.
type connection struct {
	stack     Stack
	address   string
	transport thrift.TTransport
	protocol  thrift.TProtocol
}

func (c *connection) open() error {
	if c.transport != nil {
		return nil
	}
	protocols, err := c.stack.protocolFactory()
	if err != nil {
		return err
	}
	transports, err := c.stack.transportFactory()
	if err != nil {
		return err
	}
	raw, err := c.raw()
	if err != nil {
		return err
	}
	transport, err := transports.GetTransport(raw)
	if err != nil {
		return err
	}
	if err := transport.Open(); err != nil {
		return err
	}
	c.transport, c.protocol = transport, protocols.GetProtocol(transport)
	return nil
}

func (c *connection) raw() (thrift.TTransport, error) {
	conf := c.stack.configuration()
	where := "127.0.0.1:" + c.address
	if c.stack.transport == "http" {
		scheme := "http"
		dialer := http.Transport{TLSClientConfig: conf.TLSConfig}
		if c.stack.socket == "ssl" {
			scheme = "https"
		}
		if c.stack.socket == "unix" {
			where = "localhost"
			dialer.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return net.Dial("unix", c.address)
			}
		}
		return thrift.NewTHttpClientWithOptions(scheme+"://"+where+"/",
			thrift.THttpClientOptions{Client: &http.Client{Transport: &dialer, Timeout: 5 * time.Second}})
	}
	switch c.stack.socket {
	case "unix":
		return thrift.NewTSocketFromAddrConf(&net.UnixAddr{Name: c.address, Net: "unix"}, conf), nil
	case "ssl":
		return thrift.NewTSSLSocketConf(where, conf), nil
	}
	return thrift.NewTSocketConf(where, conf), nil
}

func (c *connection) close() {
	if c.transport != nil {
		c.transport.Close()
	}
	c.transport, c.protocol = nil, nil
}

func (c *connection) client(service string) *thrift.TStandardClient {
	protocol := c.protocol
	if c.stack.mux && service != "" {
		protocol = thrift.NewTMultiplexedProtocol(protocol, service)
	}
	return thrift.NewTStandardClient(protocol, protocol)
}

// step does one thing and prints its name and what came of it.
func (c *connection) step(name string, call func(ctx context.Context) (any, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := c.open()
	var result any
	if err == nil {
		result, err = call(ctx)
	}
	var refused *interop.Refused
	var broken *interop.Broken
	var application thrift.TApplicationException
	switch {
	case err == nil:
		text, isText := result.(described)
		if !isText {
			text = described(describe(result))
		}
		fmt.Printf("result %s %s\n", name, text)
	case errors.As(err, &refused):
		fmt.Printf("result %s {\"Refused\":%s}\n", name, describe(refused))
	case errors.As(err, &broken):
		fmt.Printf("result %s {\"Broken\":%s}\n", name, describe(broken))
	case errors.As(err, &application):
		fmt.Printf("result %s {\"TApplicationException\":%d}\n", name, application.TypeId())
	default:
		text, _ := json.Marshal(err.Error())
		fmt.Printf("error %s %s\n", name, text)
		c.close()
	}
}

type described string // JSON already

func call(stack Stack, address string) {
	c := &connection{stack: stack, address: address}
	defer c.close()
	peer := func() *interop.PeerClient { return interop.NewPeerClient(c.client("Peer")) }
	later := func() *interop.LaterClient { return interop.NewLaterClient(c.client("Peer")) }
	ping := func(ctx context.Context) (any, error) { return true, peer().Ping(ctx) }
	mark := fmt.Sprintf("go %s %d ", address, time.Now().UnixNano())

	c.step("who", func(ctx context.Context) (any, error) { return peer().Who(ctx) })
	c.step("ping", ping)
	c.step("arguments", func(ctx context.Context) (any, error) {
		text, err := peer().Arguments(ctx, true, -8, -1600, -320000, -9007199254740993, 2.5, "grüß 🌍", []byte{0, 255, 128},
			interop.Color_BLUE, []int32{1, -1}, map[string]int32{"a": 1, "b": -2}, &interop.Point{X: 3, Y: 4})
		return described(text), err
	})
	c.step("half", func(ctx context.Context) (any, error) { return peer().Half(ctx, 5) })
	c.step("reversed", func(ctx context.Context) (any, error) { return peer().Reversed(ctx, []byte{0, 255, 16}) })
	c.step("divide", func(ctx context.Context) (any, error) { return peer().Divide(ctx, 7, 2) })
	c.step("refused", func(ctx context.Context) (any, error) { return peer().Divide(ctx, 7, 0) })
	c.step("broken", func(ctx context.Context) (any, error) { return peer().Divide(ctx, 7, -2) })
	c.step("fail", func(ctx context.Context) (any, error) { return true, peer().Fail(ctx) })
	c.step("after_fail", ping)
	c.step("unheard_of", func(ctx context.Context) (any, error) { return later().UnheardOf(ctx, wide()) })
	c.step("after_unheard_of", ping)
	c.step("note", func(ctx context.Context) (any, error) { return true, peer().Note(ctx, mark+"one") })
	c.step("note_again", func(ctx context.Context) (any, error) { return true, peer().Note(ctx, mark+"two") })
	c.step("notes", func(ctx context.Context) (any, error) {
		got, err := peer().Notes(ctx, mark)
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], mark)
		}
		return got, err
	})
	c.step("narrow", func(ctx context.Context) (any, error) {
		text, err := later().Narrow(ctx, wide())
		return described(text), err
	})
	if stack.mux {
		c.step("twice", func(ctx context.Context) (any, error) { return interop.NewSecondClient(c.client("Second")).Twice(ctx, 21) })
		c.step("default", func(ctx context.Context) (any, error) { return interop.NewPeerClient(c.client("")).Who(ctx) })
		c.step("nobody", func(ctx context.Context) (any, error) { return true, interop.NewPeerClient(c.client("Nobody")).Ping(ctx) })
		c.step("after_nobody", ping)
	}
	id, _ := thrift.ParseTuuid("00112233-4455-6677-8899-aabbccddeeff")
	c.step("describe_uuid", func(ctx context.Context) (any, error) {
		var result textResult
		_, err := c.client("Peer").Call(ctx, "describe_uuid", &uuidArgs{id}, &result)
		return described(result.value), err
	})
	c.step("echo_uuid", func(ctx context.Context) (any, error) {
		var result uuidResult
		_, err := c.client("Peer").Call(ctx, "echo_uuid", &uuidArgs{id}, &result)
		return result.value, err
	})
	for _, one := range cases() {
		c.step("sent:"+one.name, func(context.Context) (any, error) { return one.value, one.err })
		c.step("described:"+one.name, func(ctx context.Context) (any, error) {
			text, err := peer().Describe(ctx, one.value)
			return described(text), err
		})
		c.step("echoed:"+one.name, func(ctx context.Context) (any, error) { return peer().Echo(ctx, one.value) })
	}
}

func wide() *interop.Wide {
	tree := &interop.Tree{Value: 1, Children: []*interop.Tree{{Value: 2}, {Value: 3}}}
	return &interop.Wide{First: 1, ABool: true, AnI8: 2, AnI16: 3, AnI32: 4, AnI64: 5, ADouble: 6, AString: "seven",
		ABinary: []byte{8}, Bools: []bool{true, false}, Strings: []string{"a", "b"}, Lists: map[string][]int64{"c": {1, 2}},
		Tree: tree, Trees: []*interop.Tree{tree, tree}, Points: map[int32]*interop.Point{1: {X: 2, Y: 3}},
		Nothing: map[string]string{}, Last: "end"}
}

type testCase struct {
	name  string
	value *interop.Everything
	err   error
}

// cases reads the values to send: lines of a name and the hexadecimal binary form of an Everything.
func cases() []testCase {
	var out []testCase
	text, err := os.ReadFile(os.Getenv("INTEROP_CASES"))
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		name, data, _ := strings.Cut(line, " ")
		value := interop.NewEverything()
		err := thrift.NewTDeserializer().Read(context.Background(), value, unhex(data))
		out = append(out, testCase{name, value, err})
	}
	return out
}
