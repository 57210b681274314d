package client

import (
	"reflect"
	"strings"
	"testing"
)

func TestFaultsOfEveryShapeAreRead(t *testing.T) {
	for body, want := range map[string]fault{
		`{"error":{"code":403,"message":"No","key":"API.X"}}`: {status: 403, code: "API.X", message: "No", json: true},
		`{"error":"No"}`:   {message: "No", json: true},
		`{"message":"No"}`: {message: "No", json: true},
		`{"error":"No","status":403,"message":"really","details":["a","b"]}`: {status: 403, message: "No: really: a, b", json: true},
		`{"error":"No","message":"No"}`:                                      {message: "No", json: true},
		`{"success":false,"error":{"message":"No","code":"denied"}}`:         {code: "denied", message: "No", json: true},
		`{"error":null,"details":{"a":1}}`:                                   {json: true},
		`{"error":[1],"message":7}`:                                          {message: "7", json: true},
		`{"errors":[{"message":"No"}]}`:                                      {message: "No", json: true},
		`{"errors":[{"message":"No","code":"denied"},{"message":"really"}]}`: {message: "No: really", code: "denied", json: true},
		`{"errors":["No","really"]}`:                                         {message: "No: really", json: true},
		`{"errors":{"name":["is taken"],"role":"is unknown"}}`:               {message: "name is taken: role is unknown", json: true},
		`{"errors":[{"status":"422","title":"Bad","detail":"No"}]}`:          {message: "No", status: 422, json: true},
		`{"errors":[{"code":1003,"message":"No"}],"success":false}`:          {message: "No", json: true},
		`{"error":"denied","error_description":"No"}`:                        {message: "denied: No", json: true},
		`{"type":"about:blank","title":"Denied","status":403,"detail":"No"}`: {message: "Denied: No", status: 403, json: true},
		`{"detail":"No"}`: {message: "No", json: true},
		`{"msg":"No"}`:    {message: "No", json: true},
		`{"error":{"errors":[{"message":"No"}]}}`:                              {message: "No", json: true},
		`{"fault":{"faultstring":"No","detail":{"errorcode":"x"}}}`:            {message: "No", json: true},
		`{"success":false,"data":{"message":"No"}}`:                            {message: "No", json: true},
		`{"messages":["No","really"]}`:                                         {message: "No, really", json: true},
		`{"error":{"detail":"No"}}`:                                            {message: "No", json: true},
		`{"errorMessage":"No"}`:                                                {message: "No", json: true},
		`{"error_message":"No","id":"words that are no message"}`:              {message: "No", json: true},
		`{"error":["No"]}`:                                                     {message: "No", json: true},
		`{"status":"error","description":"No"}`:                                {message: "No", json: true},
		`{"result":{"status":"failed","reason":"No"}}`:                         {message: "No", json: true},
		`{"Error":{"Message":"No"}}`:                                           {message: "No", json: true},
		`{"response":{"errors":[{"text":"No"},{"text":"No"}]}}`:                {message: "No", json: true},
		`{"data":{"id":"k1","name":"not a word about it","key":"nor this"}}`:   {json: true},
		`{"error":{"error":{"error":{"error":{"error":{"message":"deep"}}}}}}`: {json: true},
		`{"errors":[]}`:                  {json: true},
		`{"errors":[7,null,{"a":1},[]]}`: {json: true},
		`[]`:                             {message: "[]"},
		`[{"message":"No"}]`:             {message: "No"},
		`"No"`:                           {message: "No"},
		`No`:                             {message: "No"},
		``:                               {},
	} {
		got := parseFault([]byte(body))
		got.shape = shape{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", body, got, want)
		}
	}
	for _, page := range []string{"<html>", "\ufeff \n<!doctype html>", "<?xml version='1.0'?>"} {
		if f := parseFault([]byte(page)); !f.web || strings.Contains(f.message, "<") {
			t.Errorf("%q: %+v", page, f)
		}
	}
}
