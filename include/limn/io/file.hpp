// SPDX-License-Identifier: MIT
// Files: reading at offsets, and writing that leaves either the whole new file or the old one.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "limn/core/error.hpp"
#include "limn/core/shape.hpp"

namespace limn::inline v0 {

namespace detail {

/// "path: reason", the reason of errno; for the sentence of an IoError.
[[noreturn]] inline void throw_errno(const std::filesystem::path& path, const char* doing,
                                     int code) {
  throw IoError(path.string() + ": " + doing + " failed: " + std::generic_category().message(code));
}

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  /// Closes now; false with errno set when the file system reports a late write error.
  [[nodiscard]] bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

/// What was renamed, linked or removed beside `path` is on the disk.
inline void sync_folder_of(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  const Descriptor folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder; the file itself is safe by then.
  if (folder.get() >= 0) static_cast<void>(::fsync(folder.get()));
}

/// A file that is locked, or that another one has locked.
struct LockedFile {
  Descriptor file;
  struct stat status {};
  bool by_other = false;
};

/// Opens what `path` names, made where there is nothing, and locks it unless another holds the
/// lock. Between opening and locking another may have renamed or removed the file: the name still
/// leads to what is returned. Throws IoError that names `told`.
[[nodiscard]] inline LockedFile open_locked(const std::filesystem::path& path, int access,
                                            const std::filesystem::path& told) {
  for (;;) {
    LockedFile opened{Descriptor(::open(path.c_str(), access | O_CREAT | O_CLOEXEC, 0666))};
    if (opened.file.get() < 0) throw_errno(told, "writing", errno);
    // a file system without locks (ENOLCK, ...) has none
    if (::flock(opened.file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      opened.by_other = true;
      return opened;
    }
    struct stat named {};
    if (::fstat(opened.file.get(), &opened.status) == 0 && ::stat(path.c_str(), &named) == 0 &&
        opened.status.st_ino == named.st_ino && opened.status.st_dev == named.st_dev)
      return opened;
  }
}

}  // namespace detail

/// A regular file opened for reading. Reads are positioned: several threads may share one object.
class InputFile {
 public:
  /// Throws IoError when there is no such file, it cannot be read, or it is a folder or a device.
  explicit InputFile(std::filesystem::path path)
      : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (file_.get() < 0) detail::throw_errno(path_, "opening", errno);
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) detail::throw_errno(path_, "opening", errno);
    if (!S_ISREG(status.st_mode))
      throw IoError(path_.string() + ": is " +
                    (S_ISDIR(status.st_mode) ? "a folder" : "not a regular file") +
                    ", where a file is expected");
    size_ = status.st_size;
  }

  /// As it was given.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Bytes.
  [[nodiscard]] Index size() const { return size_; }

  /// Fills `data` with `bytes` bytes from `offset` on; throws IoError where the file ends earlier.
  void read(Index offset, void* data, Index bytes) const {
    auto* to = static_cast<std::byte*>(data);
    while (bytes > 0) {
      const ssize_t got = ::pread(file_.get(), to, static_cast<std::size_t>(bytes), offset);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) detail::throw_errno(path_, "reading", errno);
      if (got == 0) throw IoError(path_.string() + ": the file ends before it should");
      to += got;
      offset += got;
      bytes -= got;
    }
  }

  /// The whole file.
  [[nodiscard]] std::vector<std::uint8_t> read_all() const {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size_));
    read(0, bytes.data(), size_);
    return bytes;
  }

 private:
  std::filesystem::path path_;
  detail::Descriptor file_;
  Index size_ = 0;
};

/// Writes `path` + ".tmp", and commit() renames it to `path`. Without commit() the temporary goes
/// and an older file at `path` stays as it was. A temporary that a killed process left behind is
/// overwritten; one that another process is writing is an error.
class AtomicFile {
 public:
  /// Throws IoError when the folder is missing or not writable.
  explicit AtomicFile(const std::filesystem::path& path) : path_(resolve(path)) {
    temporary_ = path_;
    temporary_ += ".tmp";
    open();
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    if (file_.get() >= 0) ::unlink(temporary_.c_str());
  }

  /// Where the file will be.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Where the file is until commit().
  [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }

  /// Appends. Throws IoError (disk full, ...).
  void write(const void* data, Index bytes) {
    const auto* from = static_cast<const std::byte*>(data);
    while (bytes > 0) {
      const ssize_t done = ::write(file_.get(), from, static_cast<std::size_t>(bytes));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) detail::throw_errno(path_, "writing", errno);
      from += done;
      bytes -= done;
    }
  }

  /// Replaces bytes that were written. Throws IoError.
  void overwrite(Index offset, const void* data, Index bytes) {
    const auto* from = static_cast<const std::byte*>(data);
    while (bytes > 0) {
      const ssize_t done = ::pwrite(file_.get(), from, static_cast<std::size_t>(bytes), offset);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) detail::throw_errno(path_, "writing", errno);
      from += done;
      offset += done;
      bytes -= done;
    }
  }

  /// What was written is on the disk. Throws IoError.
  void sync() {
    if (::fsync(file_.get()) != 0) detail::throw_errno(path_, "writing", errno);
  }

  /// Makes the file appear under its name. `durable`: it is on the disk before it gets its name, so
  /// that a power cut leaves the old or the new one.
  void commit(bool durable) {
    if (durable) sync();
    if (::rename(temporary_.c_str(), path_.c_str()) != 0)
      detail::throw_errno(path_, "writing", errno);
    if (!file_.close()) detail::throw_errno(path_, "writing", errno);
    if (durable) detail::sync_folder_of(path_);
  }

 private:
  /// A link stays a link: its target is what is replaced.
  static std::filesystem::path resolve(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_symlink(path, ignored)) return path;
    auto target = std::filesystem::weakly_canonical(path, ignored);
    return ignored ? path : target;
  }

  void open() {
    // the lock tells a living writer from a leftover
    for (;;) {
      detail::LockedFile opened = detail::open_locked(temporary_, O_WRONLY, path_);
      if (opened.by_other)
        throw IoError(path_.string() + ": is being written by someone else (" +
                      temporary_.string() + ")");
      file_ = std::move(opened.file);
      if (!S_ISREG(opened.status.st_mode) || opened.status.st_nlink == 1) break;
      // a leftover that is also a file of another name (link_or_copy): that one must stay
      if (::unlink(temporary_.c_str()) != 0) detail::throw_errno(path_, "writing", errno);
    }
    // a device (EINVAL) has nothing to cut off
    if (::ftruncate(file_.get(), 0) != 0 && errno != EINVAL)
      detail::throw_errno(path_, "writing", errno);
  }

  std::filesystem::path path_, temporary_;
  detail::Descriptor file_;
};

/// Replaces the file at `path` by `bytes` bytes at `data`, whole or not at all. Throws IoError.
inline void write_file(const std::filesystem::path& path, const void* data, Index bytes,
                       bool durable = false) {
  AtomicFile file(path);
  file.write(data, bytes);
  file.commit(durable);
}

/// The file `from` also has the name `to`, which is replaced; where the file system has no such
/// links it is copied. At any moment `to` leads to a whole file, the old or the new one; both are
/// on the disk if `from` is. Throws IoError.
inline void link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto temporary = to;
  temporary += ".tmp";
  ::unlink(temporary.c_str());
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    const int code = ::rename(temporary.c_str(), to.c_str()) == 0 ? 0 : errno;
    ::unlink(temporary.c_str());  // it stays where both names lead to the same file already
    if (code != 0) detail::throw_errno(to, "writing", code);
    return detail::sync_folder_of(to);
  }
  if (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EROFS)
    detail::throw_errno(to, "writing", errno);
  const InputFile source(from);
  AtomicFile copy(to);
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (Index at = 0; at < source.size();) {
    const Index bytes = std::min(static_cast<Index>(piece.size()), source.size() - at);
    source.read(at, piece.data(), bytes);
    copy.write(piece.data(), bytes);
    at += bytes;
  }
  copy.commit(true);
}

}  // namespace limn::inline v0
