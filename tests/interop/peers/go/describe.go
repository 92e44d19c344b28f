package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/apache/thrift/lib/go/thrift"
)

// describe says in JSON what a value is, in the form that README.md of these tests gives.
func describe(value any) string {
	var out strings.Builder
	write(&out, reflect.ValueOf(value))
	return out.String()
}

func write(out *strings.Builder, v reflect.Value) {
	if id, ok := v.Interface().(thrift.Tuuid); ok {
		fmt.Fprintf(out, "%q", id.String())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		write(out, v.Elem())
	case reflect.Float64:
		if math.IsNaN(v.Float()) {
			out.WriteString(`"nan"`)
		} else {
			fmt.Fprintf(out, `"%016x"`, math.Float64bits(v.Float()))
		}
	case reflect.String:
		text, _ := json.Marshal(v.String())
		out.Write(text)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			fmt.Fprintf(out, "%q", hex.EncodeToString(v.Bytes()))
			return
		}
		each(out, "[]", v.Len(), func(i int) { write(out, v.Index(i)) })
	case reflect.Map:
		keys := v.MapKeys()
		each(out, "[]", len(keys), func(i int) {
			out.WriteByte('[')
			write(out, keys[i])
			out.WriteByte(',')
			write(out, v.MapIndex(keys[i]))
			out.WriteByte(']')
		})
	case reflect.Struct:
		var set []int
		for i := 0; i < v.NumField(); i++ {
			kind := v.Field(i).Kind()
			if v.Type().Field(i).Tag.Get("thrift") == "" ||
				(kind == reflect.Pointer || kind == reflect.Slice || kind == reflect.Map) && v.Field(i).IsNil() {
				continue
			}
			set = append(set, i)
		}
		each(out, "{}", len(set), func(i int) {
			name, _, _ := strings.Cut(v.Type().Field(set[i]).Tag.Get("thrift"), ",")
			fmt.Fprintf(out, "%q:", name)
			write(out, v.Field(set[i]))
		})
	default: // bool and the integers, enums too, which print as words
		if v.CanInt() {
			fmt.Fprint(out, v.Int())
		} else {
			fmt.Fprint(out, v.Interface())
		}
	}
}

func each(out *strings.Builder, brackets string, n int, item func(int)) {
	out.WriteByte(brackets[0])
	for i := 0; i < n; i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		item(i)
	}
	out.WriteByte(brackets[1])
}
