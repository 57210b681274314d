package client

import "testing"

var prosopoQuirks, vertesiaQuirks, genericQuirks []quirk
var _ testing.TB
