package client

import (
	"testing"

	"detent/apikey"
	"detent/client/kit"
)

// TestAMissingRightIsAllThatA403SaysOfTheKey, or it shows nothing: a key that is dead is refused in words of its rights, too.
func TestAMissingRightIsAllThatA403SaysOfTheKey(t *testing.T) {
	for want, all := range map[apikey.Verdict][]string{
		apikey.Accepted: {
			"token does not have at least one of required scope(s), required=[read:user], token scope=read:repository", // Gitea
			"token does not have at least one of required scope(s)",
			"insufficient_scope: The request requires higher privileges than provided by the access token.", // GitLab
			"insufficient_scope", "PERMISSION_DENIED", "Missing Permissions", "permission_denied",
			"You do not have permission to perform this action.",                                                  // Django REST framework
			"You'll need additional permissions to perform this action. Permissions needed: serviceaccounts:read", // Grafana
			"Failed permission authorization checks",                                                              // Datadog
			"Insufficient permissions for this endpoint.",                                                         // Notion
			"Your token has not been granted the required scopes",                                                 // LinkedIn
			"The API key does not have permission to call this endpoint", "the key lacks the permission users:read",
			"Your token needs the `read_builds` scope", "This token does not have the 'write' scope.", "Missing permission: deploy",
			"This API key doesn't have the required permissions to perform this action",
			"Personal access token lacks the scope admin:org", "You do not have the role reader, which is needed", "Role admin is required",
			"Forbidden: insufficient privileges", "permission denied", "this key has no permission to trigger builds",
			"The client 'x' with object id '1' does not have permission to perform action 'y' over scope '/groups/2'", // Azure
			"Token requires the scope projects.read", "user does not have sufficient role", "the access token has no scope for this resource",
			"a public key manages and lists nothing: role reader of a secret key is needed", // Vertesia's, as the embedded service says it
			"Sorry, you need the permission invoices.read to see invoices", "You don't have sufficient privileges",
		},
		apikey.Silent: {
			"this token has been deactivated and does not have the required scope", "token is no longer active: missing permission", "permission denied: inactive token",
			"this token was withdrawn and does not have the required scope", "superseded token: missing permission", "Your token was rotated; missing permission",
			"permission denied: please log in", "permission denied for anonymous", "wrong token: required scope read", "token is not active: missing scope",
			"the key was cancelled, missing permission", "missing permission (key retired)", "permission denied: token not active", "permission denied: you are not logged in",
			"no permission without a valid token", "you need to sign in: permission denied", "permission denied, sign-in first", "guest has no permission", "role guest has no permission",
			"withdrawn: missing permission", "it is dead: missing permission", "not active (missing permission)", "inactive: missing permission", "no longer in use, permission denied",
			"missing permission: inactive", "permission denied, account is locked", "Your account lost its permission", "the token's owner left; permission denied because the token went stale",
			"TOKEN_ROTATED_MISSING_PERMISSION", "token_withdrawn: insufficient_scope", "the login ended, permission denied", "this key is asleep: missing permission", "permission denied: this is not the right token",
			"missing permission to use a replaced token", "the secret does not match, permission denied", "permission denied: no token", "permission denied: no such token", "permission denied to anonymous user",
			"your key never had a scope", "key is off: missing role", "token reset; role needed", "permission denied: stale key", "permission denied: key was regenerated",
			"permission denied: old key", "missing permission: token was replaced by another one", "the previous token has no scope", "permission denied: token is archived", "scope missing: token purged",
			"role needed: the user was removed", "permission denied, the user has been deleted", "token is not in use, scope missing", "token denied: scope needed", "this session has timed out: permission denied",
		},
	} {
		for _, message := range all {
			e := &Error{Status: 403, Message: message}
			if got := (dialect{Refusals: &kit.Refusals{}}).verdict(e); got != want {
				t.Errorf("%q is %q, want %q", message, got, want)
			}
			if got := (dialect{Refusals: &kit.Refusals{Forbidden: "role"}}).verdict(e); got != want {
				t.Errorf("of a service whose 403 means a role: %q is %q, want %q", message, got, want)
			}
		}
	}
}
