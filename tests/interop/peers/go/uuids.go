package main

import (
	"context"

	"github.com/apache/thrift/lib/go/thrift"
)

// The methods of uuids.thrift: what a compiler that knows uuid would write.
type uuidArgs struct{ value thrift.Tuuid }

func (a *uuidArgs) Write(ctx context.Context, p thrift.TProtocol) error {
	return writeOne(ctx, p, thrift.UUID, 1, func() error { return p.WriteUUID(ctx, a.value) })
}

func (a *uuidArgs) Read(ctx context.Context, p thrift.TProtocol) error {
	return readOne(ctx, p, 1, func() (err error) { a.value, err = p.ReadUUID(ctx); return })
}

type textResult struct{ value string }

func (r *textResult) Write(ctx context.Context, p thrift.TProtocol) error {
	return writeOne(ctx, p, thrift.STRING, 0, func() error { return p.WriteString(ctx, r.value) })
}

func (r *textResult) Read(ctx context.Context, p thrift.TProtocol) error {
	return readOne(ctx, p, 0, func() (err error) { r.value, err = p.ReadString(ctx); return })
}

type uuidResult struct{ value thrift.Tuuid }

func (r *uuidResult) Write(ctx context.Context, p thrift.TProtocol) error {
	return writeOne(ctx, p, thrift.UUID, 0, func() error { return p.WriteUUID(ctx, r.value) })
}

func (r *uuidResult) Read(ctx context.Context, p thrift.TProtocol) error {
	return readOne(ctx, p, 0, func() (err error) { r.value, err = p.ReadUUID(ctx); return })
}

func writeOne(ctx context.Context, p thrift.TProtocol, kind thrift.TType, id int16, value func() error) error {
	for _, step := range []func() error{
		func() error { return p.WriteStructBegin(ctx, "uuids") },
		func() error { return p.WriteFieldBegin(ctx, "value", kind, id) },
		value,
		func() error { return p.WriteFieldEnd(ctx) },
		func() error { return p.WriteFieldStop(ctx) },
		func() error { return p.WriteStructEnd(ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func readOne(ctx context.Context, p thrift.TProtocol, wanted int16, value func() error) error {
	if _, err := p.ReadStructBegin(ctx); err != nil {
		return err
	}
	for {
		_, kind, id, err := p.ReadFieldBegin(ctx)
		if err != nil {
			return err
		}
		if kind == thrift.STOP {
			return p.ReadStructEnd(ctx)
		}
		if id == wanted {
			err = value()
		} else {
			err = p.Skip(ctx, kind)
		}
		if err != nil {
			return err
		}
		if err := p.ReadFieldEnd(ctx); err != nil {
			return err
		}
	}
}

type uuidFunction struct{ name string }

func (f uuidFunction) Process(ctx context.Context, seqid int32, in, out thrift.TProtocol) (bool, thrift.TException) {
	var args uuidArgs
	if err := args.Read(ctx, in); err != nil {
		return false, thrift.WrapTException(err)
	}
	if err := in.ReadMessageEnd(ctx); err != nil {
		return false, thrift.WrapTException(err)
	}
	var result thrift.TStruct = &uuidResult{args.value}
	if f.name == "describe_uuid" {
		result = &textResult{describe(args.value)}
	}
	err := out.WriteMessageBegin(ctx, f.name, thrift.REPLY, seqid)
	if err == nil {
		err = result.Write(ctx, out)
	}
	if err == nil {
		err = out.WriteMessageEnd(ctx)
	}
	if err == nil {
		err = out.Flush(ctx)
	}
	return err == nil, thrift.WrapTException(err)
}
