package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
)

// Stack is what stands between the calls and the bytes: "compact/framed/tcp", with "/mux" after it where services are
// multiplexed.
type Stack struct {
	protocol, transport, socket string
	mux                         bool
}

func parseStack(text string) Stack {
	words := append(strings.Split(text, "/"), "", "", "")
	return Stack{words[0], words[1], words[2], words[3] == "mux"}
}

func (s Stack) configuration() *thrift.TConfiguration {
	return &thrift.TConfiguration{ConnectTimeout: 5 * time.Second, SocketTimeout: 5 * time.Second, TLSConfig: clientTLS()}
}

func (s Stack) protocolFactory() (thrift.TProtocolFactory, error) {
	conf := s.configuration()
	switch s.protocol {
	case "binary":
		return thrift.NewTBinaryProtocolFactoryConf(conf), nil
	case "compact":
		return thrift.NewTCompactProtocolFactoryConf(conf), nil
	case "json":
		return thrift.NewTJSONProtocolFactory(), nil
	case "header":
		return thrift.NewTHeaderProtocolFactoryConf(conf), nil
	case "header-compact":
		conf.THeaderProtocolID = thrift.THeaderProtocolIDPtrMust(thrift.THeaderProtocolCompact)
		return thrift.NewTHeaderProtocolFactoryConf(conf), nil
	case "header-zlib":
		conf.THeaderTransforms = []thrift.THeaderTransformID{thrift.TransformZlib}
		return thrift.NewTHeaderProtocolFactoryConf(conf), nil
	}
	return nil, fmt.Errorf("no protocol %s", s.protocol)
}

func (s Stack) transportFactory() (thrift.TTransportFactory, error) {
	switch s.transport {
	case "buffered":
		if strings.HasPrefix(s.protocol, "header") { // THeaderTransport wants the socket itself
			return thrift.NewTTransportFactory(), nil
		}
		return thrift.NewTBufferedTransportFactory(8192), nil
	case "framed":
		return thrift.NewTFramedTransportFactoryConf(thrift.NewTTransportFactory(), s.configuration()), nil
	case "zlib":
		return thrift.NewTZlibTransportFactoryWithFactory(6, thrift.NewTTransportFactory()), nil
	case "http":
		return thrift.NewTTransportFactory(), nil
	}
	return nil, fmt.Errorf("no transport %s", s.transport)
}

func certificate(name string) string { return filepath.Join(os.Getenv("INTEROP_CERTIFICATES"), name) }

func clientTLS() *tls.Config {
	pool := x509.NewCertPool()
	if text, err := os.ReadFile(certificate("ca.pem")); err == nil {
		pool.AppendCertsFromPEM(text)
	}
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

func serverTLS() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certificate("server.pem"), certificate("server.key"))
	return &tls.Config{Certificates: []tls.Certificate{pair}}, err
}
