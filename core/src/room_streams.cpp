#include <party/response_stream.h>
#include <party/room.h>

#include <utility>

#include "room_core.h"

/// Responses whose bodies are written while they are on the way.

namespace Party {

ResponseStream Room::responseStream() { return ResponseStream(room_, room_->openStream()); }

Response ResponseStream::response(int status) const { return Response(id_, status); }
bool ResponseStream::open() const noexcept { return room_->streamIsOpen(id_); }
void ResponseStream::write(std::string_view piece) const {
  if (!piece.empty() && room_->mayAct("write")) room_->writeStream(id_, SharedBytes(piece));
}
void ResponseStream::end() const {
  if (room_->mayAct("end")) room_->endStream(id_);
}

namespace Detail {

std::uint64_t RoomCore::openStream() {
  if (!mayAct("responseStream")) return 0;
  if (!streams_) streams_ = std::make_unique<ResponseStreams>();
  return streams_->add().id;
}

BodyStream* RoomCore::openStreamOf(std::uint64_t id) const noexcept {
  BodyStream* stream = streams_ ? streams_->find(id) : nullptr;
  return stream != nullptr && !stream->ended ? stream : nullptr;
}

bool RoomCore::streamIsOpen(std::uint64_t id) const noexcept {
  const BodyStream* stream = openStreamOf(id);
  return stream != nullptr && !(stream->answers && isAborted(stream->request));
}

void RoomCore::writeStream(std::uint64_t id, SharedBytes piece) {
  BodyStream* stream = openStreamOf(id);
  if (stream == nullptr) return;
  if (stream->answers) {
    output(Host::ResponseChunk{stream->request, std::move(piece)});
  } else {
    stream->early.push_back(std::move(piece));
  }
}

void RoomCore::endStream(std::uint64_t id) {
  BodyStream* stream = openStreamOf(id);
  if (stream == nullptr) return;
  stream->ended = true;
  if (stream->answers) output(Host::ResponseEnd{stream->request});
}

void RoomCore::answerByStream(Host::RequestKey key, Response response) {
  BodyStream* stream = streams_ ? streams_->find(streamOf(response)) : nullptr;
  if (stream == nullptr || stream->answers) {
    answer(key, Response("Body has already been used. It can only be used once. Use tee() first if you need to read it "
                         "twice.",
                         500));
    return;
  }
  stream->answers = true;
  stream->request = key;
  response.block_.own().stream = 0;  // a room that gets it as the answer to a call may give it on
  output(Host::ResponseHead{key, std::move(response), false});
  // The head may have left, and the stream with it, when its client has gone; so take what is still needed first.
  const bool ended = stream->ended;
  for (SharedBytes& piece : std::exchange(stream->early, {})) output(Host::ResponseChunk{key, std::move(piece)});
  if (ended) output(Host::ResponseEnd{key});
}

bool RoomCore::leaves(const Host::ResponseChunk& chunk) { return !isAborted(chunk.key); }

bool RoomCore::leaves(const Host::ResponseEnd& end) {
  if (streams_) streams_->remove(end.key);
  std::erase(requests_, end.key);
  return std::erase(aborted_, end.key) == 0;
}

// At a reset: true when this request's answer has begun, and is cut off here.
bool RoomCore::cutOff(Host::RequestKey key, const std::vector<BodyStream>& streams) {
  for (const BodyStream& stream : streams) {
    if (!stream.headLeft || stream.request != key) continue;
    emit(Host::ResponseEnd{key, true});
    return true;
  }
  return false;
}

}  // namespace Detail
}  // namespace Party
