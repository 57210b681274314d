// Package servers starts real servers of issuers, which nobody here wrote, for tests, and the published clients of others. Each is pinned in a
// folder of its own: a Go module, or an npm package with a lock file that names no registry. They are fetched through the environment's own
// registries, built once into the user's cache, and last as long as the test; servers listen on loopback. The program's own module gains nothing
// by them.
//
// A test is skipped where one cannot be had, for there is no npm or no network; it fails if the variable DETENT_NEED names issuers.
// A server that was had and does not start fails the test everywhere.
package servers
