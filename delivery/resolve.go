package delivery

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is as many symbolic links as Linux follows.
const maxLinks = 40

// resolve follows symbolic links. real is the path after those at its end, with the links among its
// folders as they are written; where is the path after all of them. A link to nothing is
// refused: what should lie at its end may be a volume that is not mounted.
func resolve(path string) (real, where string, err error) {
	real = path
	for range maxLinks {
		folder, err := resolveFolder(filepath.Dir(real))
		if err != nil {
			return "", "", err
		}
		where = filepath.Join(folder, filepath.Base(real))
		info, err := os.Lstat(where)
		switch {
		case errors.Is(err, fs.ErrNotExist) && real != path:
			return "", "", noPlace(Dangling, "%s is a symbolic link to %s, which does not exist: create it or name another file", display(path), display(real))
		case errors.Is(err, fs.ErrNotExist):
			return real, where, nil
		case err != nil:
			return "", "", noPlace(Unreadable, "%s: %w", display(real), cause(err))
		case info.Mode()&fs.ModeSymlink == 0:
			return real, where, nil
		}
		to, err := follow(where, info)
		if err != nil {
			return "", "", err
		}
		if filepath.IsAbs(to) && filepath.Clean(to) == to {
			real = to
			continue
		}
		if !filepath.IsAbs(to) {
			to = folder + string(filepath.Separator) + to
		}
		// Word by word: a/../b is not b where a is a link.
		within, name := filepath.Split(to)
		if within, err = resolveFolder(within); err != nil {
			return "", "", err
		}
		real = filepath.Join(within, name)
	}
	return "", "", noPlace(Unreadable, "%s: too many symbolic links", display(path))
}

// resolveFolder follows every link on the way to a folder and proves that it is one.
func resolveFolder(path string) (string, error) {
	done := filepath.VolumeName(path) + string(filepath.Separator)
	rest := strings.TrimPrefix(path, done)
	for links := 0; rest != ""; {
		name, more, _ := strings.Cut(rest, string(filepath.Separator))
		rest = more
		switch name {
		case "", ".":
			continue
		case "..":
			done = filepath.Dir(done)
			continue
		}
		next := filepath.Join(done, name)
		info, err := os.Lstat(next)
		switch {
		case errors.Is(err, fs.ErrNotExist) && next == filepath.Clean(path):
			return "", noPlace(FolderMissing, "the folder %s does not exist", display(path))
		case errors.Is(err, fs.ErrNotExist):
			return "", noPlace(FolderMissing, "the folder %s does not exist: %s is not there", display(path), display(next))
		case err != nil:
			return "", noPlace(Unreadable, "the folder %s: %w", display(next), cause(err))
		case info.Mode()&fs.ModeSymlink != 0:
			if links++; links > maxLinks {
				return "", noPlace(Unreadable, "%s: too many symbolic links", display(path))
			}
			to, err := follow(next, info)
			if err != nil {
				return "", err
			}
			if filepath.IsAbs(to) {
				done = filepath.VolumeName(to) + string(filepath.Separator)
				to = strings.TrimPrefix(to, done)
			}
			rest = to + string(filepath.Separator) + rest
		case !info.IsDir():
			return "", noPlace(FolderMissing, "%s is no folder (not a directory)", display(next))
		default:
			done = next
		}
	}
	return done, nil
}

// follow reads a link that may be followed: whoever can plant one chooses the file that is
// overwritten, so it must be ours, root's, or of who owns what it leads to.
func follow(path string, link fs.FileInfo) (string, error) {
	if err := checkLink(path, link); err != nil {
		return "", err
	}
	to, err := os.Readlink(path)
	if err != nil {
		return "", noPlace(Unreadable, "%s: %w", display(path), cause(err))
	}
	return to, nil
}
