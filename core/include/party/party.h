#pragma once

/// Everything the author of a party needs. `<party/json.h>` adds nlohmann_json, `<party/run.h>` a main function.

#include <party/codec.h>
#include <party/combine.h>
#include <party/connection.h>
#include <party/error.h>
#include <party/http.h>
#include <party/lobby.h>
#include <party/message.h>
#include <party/parties.h>
#include <party/pending.h>
#include <party/response_stream.h>
#include <party/room.h>
#include <party/server.h>
#include <party/storage.h>
#include <party/task.h>
#include <party/time.h>
#include <party/worker.h>
