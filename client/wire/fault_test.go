package wire

import (
	"reflect"
	"strings"
	"testing"
)

func TestFaultsOfEveryShapeAreRead(t *testing.T) {
	for body, want := range map[string]Fault{
		`{"error":{"code":403,"message":"No","key":"API.X"}}`: {Status: 403, Code: "API.X", Message: "No", JSON: true},
		`{"error":"No"}`:   {Message: "No", JSON: true},
		`{"message":"No"}`: {Message: "No", JSON: true},
		`{"error":"No","status":403,"message":"really","details":["a","b"]}`: {Status: 403, Message: "No: really: a, b", JSON: true},
		`{"error":"No","message":"No"}`:                                      {Message: "No", JSON: true},
		`{"success":false,"error":{"message":"No","code":"denied"}}`:         {Code: "denied", Message: "No", JSON: true},
		`{"error":null,"details":{"a":1}}`:                                   {JSON: true},
		`{"error":[1],"message":7}`:                                          {Message: "7", JSON: true},
		`{"errors":[{"message":"No"}]}`:                                      {Message: "No", JSON: true},
		`{"errors":[{"message":"No","code":"denied"},{"message":"really"}]}`: {Message: "No: really", Code: "denied", JSON: true},
		`{"errors":["No","really"]}`:                                         {Message: "No: really", JSON: true},
		`{"errors":{"name":["is taken"],"role":"is unknown"}}`:               {Message: "name is taken: role is unknown", JSON: true},
		`{"errors":[{"status":"422","title":"Bad","detail":"No"}]}`:          {Message: "No", Status: 422, JSON: true},
		`{"errors":[{"code":1003,"message":"No"}],"success":false}`:          {Message: "No", JSON: true},
		`{"error":"denied","error_description":"No"}`:                        {Message: "denied: No", JSON: true},
		`{"type":"about:blank","title":"Denied","status":403,"detail":"No"}`: {Message: "Denied: No", Status: 403, JSON: true},
		`{"detail":"No"}`: {Message: "No", JSON: true},
		`{"msg":"No"}`:    {Message: "No", JSON: true},
		`{"error":{"errors":[{"message":"No"}]}}`:                              {Message: "No", JSON: true},
		`{"fault":{"faultstring":"No","detail":{"errorcode":"x"}}}`:            {Message: "No", JSON: true},
		`{"success":false,"data":{"message":"No"}}`:                            {Message: "No", JSON: true},
		`{"messages":["No","really"]}`:                                         {Message: "No, really", JSON: true},
		`{"error":{"detail":"No"}}`:                                            {Message: "No", JSON: true},
		`{"errorMessage":"No"}`:                                                {Message: "No", JSON: true},
		`{"error_message":"No","id":"words that are no message"}`:              {Message: "No", JSON: true},
		`{"error":["No"]}`:                                                     {Message: "No", JSON: true},
		`{"status":"error","description":"No"}`:                                {Message: "No", JSON: true},
		`{"result":{"status":"failed","reason":"No"}}`:                         {Message: "No", JSON: true},
		`{"Error":{"Message":"No"}}`:                                           {Message: "No", JSON: true},
		`{"response":{"errors":[{"text":"No"},{"text":"No"}]}}`:                {Message: "No", JSON: true},
		`{"data":{"id":"k1","name":"not a word about it","key":"nor this"}}`:   {JSON: true},
		`{"error":{"error":{"error":{"error":{"error":{"message":"deep"}}}}}}`: {JSON: true},
		`{"errors":[]}`:                  {JSON: true},
		`{"errors":[7,null,{"a":1},[]]}`: {JSON: true},
		`[]`:                             {Message: "[]"},
		`[{"message":"No"}]`:             {Message: "No"},
		`"No"`:                           {Message: "No"},
		`No`:                             {Message: "No"},
		``:                               {},
	} {
		got := ParseFault([]byte(body))
		got.Shape = Shape{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", body, got, want)
		}
	}
	for _, page := range []string{"<html>", "\ufeff \n<!doctype html>", "<?xml version='1.0'?>"} {
		if f := ParseFault([]byte(page)); !f.WebPage || strings.Contains(f.Message, "<") {
			t.Errorf("%q: %+v", page, f)
		}
	}
}
