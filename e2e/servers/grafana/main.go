// Makes the calls of Grafana's published client that it is told to, a line of JSON each, and says what the client made of the answers.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/go-openapi/strfmt"
	grafana "github.com/grafana/grafana-openapi-client-go/client"
	"github.com/grafana/grafana-openapi-client-go/client/service_accounts"
	"github.com/grafana/grafana-openapi-client-go/models"
)

type order struct {
	URL, Token, Call string
	Args             []json.RawMessage
}

type answer struct {
	Answers []any  `json:"answers"`
	Status  int    `json:"status"`
	Error   string `json:"error"`
}

func main() {
	if err := serve(json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)); !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(in *json.Decoder, out *json.Encoder) error {
	for {
		var o order
		if err := in.Decode(&o); err != nil {
			return err
		}
		at, err := url.Parse(o.URL)
		if err != nil {
			return err
		}
		config := grafana.DefaultTransportConfig().WithHost(at.Host).WithSchemes([]string{at.Scheme})
		config.APIKey = o.Token
		got, err := o.make(grafana.NewHTTPClientWithConfig(nil, config))
		a := answer{Answers: []any{got}}
		if err != nil {
			a = answer{Status: refusal(err), Error: err.Error()}
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
}

// refusal is the status of a refusal as the client's models have it; 0 for any other error.
func refusal(err error) int {
	said, is := err.(interface {
		Code() int
		GetPayload() *models.ErrorResponseBody
	})
	if !is || said.GetPayload().Validate(strfmt.Default) != nil {
		return 0
	}
	return said.Code()
}

// make makes the call, and returns the answer as the client's model of it.
func (o *order) make(c *grafana.GrafanaHTTPAPI) (any, error) {
	var ids [2]int64
	var body models.AddServiceAccountTokenCommand
	for i, arg := range o.Args {
		var into any = &body
		if arg[0] == '"' {
			into = &ids[i]
			arg = arg[1 : len(arg)-1]
		}
		if err := json.Unmarshal(arg, into); err != nil {
			return nil, err
		}
	}
	switch o.Call {
	case "Org.GetCurrentOrg":
		return payload(c.Org.GetCurrentOrg())
	case "ServiceAccounts.ListTokens":
		return payload(c.ServiceAccounts.ListTokens(ids[0]))
	case "ServiceAccounts.CreateToken":
		return payload(c.ServiceAccounts.CreateToken(service_accounts.NewCreateTokenParams().WithServiceAccountID(ids[0]).WithBody(&body)))
	case "ServiceAccounts.SearchOrgServiceAccountsWithPaging":
		var page struct {
			Page    int64 `json:"page,string"`
			Perpage int64 `json:"perpage,string"`
		}
		if err := json.Unmarshal(o.Args[0], &page); err != nil {
			return nil, err
		}
		return payload(c.ServiceAccounts.SearchOrgServiceAccountsWithPaging(service_accounts.NewSearchOrgServiceAccountsWithPagingParams().WithPage(&page.Page).WithPerpage(&page.Perpage)))
	case "ServiceAccounts.DeleteToken":
		return payload(c.ServiceAccounts.DeleteToken(ids[1], ids[0]))
	}
	return nil, fmt.Errorf("no call of %s is known here", o.Call)
}

func payload[P any, R interface{ GetPayload() P }](got R, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return got.GetPayload(), nil
}
