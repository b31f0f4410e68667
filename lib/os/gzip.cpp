#include "os/gzip.hpp"

#define ZLIB_CONST  // zlib then promises not to change what it reads

#include <fcntl.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "base/ensure.hpp"
#include "os/unique_fd.hpp"

namespace spoold {

namespace {

constexpr int gzip_format = 15 + 16;  // the largest window, and gzip's header and trailer instead of zlib's
constexpr std::size_t piece = 65536;

// zlib counts in unsigned ints and wants pointers to bytes that it promises not to change.
void give(z_stream& stream, std::string_view& bytes) {
  const auto count = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
  stream.next_in = reinterpret_cast<const Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(count);
  bytes.remove_prefix(count);
}

}  // namespace

std::string gzip_member(std::string_view bytes) {
  z_stream stream{};
  ensure(
      ::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_format, 8, Z_DEFAULT_STRATEGY) == Z_OK,
      "zlib can be used");
  std::string packed;
  std::array<char, piece> buffer{};
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0) give(stream, bytes);
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = ::deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    packed.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  ::deflateEnd(&stream);
  return packed;
}

bool is_gzip_member(std::string_view bytes) {
  z_stream stream{};
  if (::inflateInit2(&stream, gzip_format) != Z_OK) return false;
  std::array<Bytef, piece> unpacked{};
  int state = Z_OK;
  while (state == Z_OK) {
    if (stream.avail_in == 0) {
      if (bytes.empty()) break;
      give(stream, bytes);
    }
    stream.next_out = unpacked.data();
    stream.avail_out = static_cast<uInt>(unpacked.size());
    state = ::inflate(&stream, Z_NO_FLUSH);
  }
  const bool whole = state == Z_STREAM_END && stream.avail_in == 0 && bytes.empty();
  ::inflateEnd(&stream);
  return whole;
}

void GzipLines::Close::operator()(void* file) const {
  ::gzclose(static_cast<gzFile>(file));
}

Result<GzipLines> GzipLines::open(int directory_fd, const std::string& name) {
  UniqueFd fd{::openat(directory_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (!fd) return system_error(errno, "open", name);
  void* file = ::gzdopen(fd.get(), "rb");
  if (file == nullptr) return Error{ErrorKind::out_of_memory, "open " + name};
  [[maybe_unused]] const int owned_by_file = fd.release();
  return GzipLines{file, name};
}

Result<std::optional<std::string>> GzipLines::next() {
  std::size_t searched = begin_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::optional<std::string> line = buffer_.substr(begin_, end - begin_);
      begin_ = end + 1;
      return line;
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    const auto more = fill();
    if (!more) return more.error();
    if (!*more) break;
  }
  if (buffer_.empty()) return std::optional<std::string>();
  std::optional<std::string> last = std::move(buffer_);
  buffer_.clear();
  return last;
}

Result<bool> GzipLines::fill() {
  auto* const file = static_cast<gzFile>(file_.get());
  const std::size_t before = buffer_.size();
  buffer_.resize(before + piece);
  const int count = ::gzread(file, buffer_.data() + before, static_cast<unsigned>(piece));
  buffer_.resize(before + static_cast<std::size_t>(std::max(count, 0)));
  int problem = Z_OK;
  const char* const text = ::gzerror(file, &problem);
  if (count < 0 || problem == Z_BUF_ERROR) {
    return Error{ErrorKind::invalid,
                 name_ + " is damaged: " + (problem == Z_BUF_ERROR ? "it ends amid a member" : text)};
  }
  return count > 0;
}

}  // namespace spoold
