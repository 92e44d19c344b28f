module peer

go 1.21

require github.com/apache/thrift v0.25.0
