#pragma once

#include <party/host/party_descriptor.h>
#include <party/lobby.h>
#include <party/server.h>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

/// How a class becomes a party: what it overrides and which static handlers it has is read from its shape, once, at
/// compile time.

namespace Party {
namespace Detail {

// A static handler is found by its name alone, so that a private, overloaded or misdeclared one is an error and not
// silence: deriving from the class and from a type with a member of that name makes the name ambiguous.
#define PARTY_NAME_PROBE(Probe, handler)   \
  struct Probe##Decoy {                    \
    int handler;                           \
  };                                       \
  template <class T>                       \
  struct Probe##Both : T, Probe##Decoy {}; \
  template <class T>                       \
  concept Has##Probe = !requires { &Probe##Both<T>::handler; }

PARTY_NAME_PROBE(OnBeforeConnect, onBeforeConnect);
PARTY_NAME_PROBE(OnBeforeRequest, onBeforeRequest);
PARTY_NAME_PROBE(OnFetch, onFetch);
#undef PARTY_NAME_PROBE

template <class Result, class Answer>
Task<Result> answerOf(Answer&& answer) {
  if constexpr (std::is_same_v<std::remove_cvref_t<Answer>, Task<Result>>) {
    return std::forward<Answer>(answer);
  } else {
    return Task<Result>(Result(std::forward<Answer>(answer)));
  }
}
template <class Result, class Other>
Task<Result> answerOf(Task<Other> answer) {
  co_return Result(co_await std::move(answer));
}

/// Calls `handler` with the longest prefix of (request, lobby, context) it takes.
template <class Result, class Handler, class LobbyType>
Task<Result> callEdge(Handler handler, Request request, LobbyType lobby, ExecutionContext context) {
  if constexpr (std::is_invocable_v<Handler, Request, LobbyType, ExecutionContext>) {
    return answerOf<Result>(handler(std::move(request), std::move(lobby), context));
  } else if constexpr (std::is_invocable_v<Handler, Request, LobbyType>) {
    return answerOf<Result>(handler(std::move(request), std::move(lobby)));
  } else if constexpr (std::is_invocable_v<Handler, Request>) {
    return answerOf<Result>(handler(std::move(request)));
  } else {
    return answerOf<Result>(handler());
  }
}

template <class Result, class Answer>
inline constexpr bool answers = std::is_convertible_v<Answer, Result>;
template <class Result, class Other>
inline constexpr bool answers<Result, Task<Other>> = std::is_convertible_v<Other, Result>;

/// Whether callEdge can call the handler and make a `Result` of what it returns.
template <class Result, class Handler, class LobbyType>
consteval bool fitsEdge() {
  if constexpr (std::is_invocable_v<Handler, Request, LobbyType, ExecutionContext>) {
    return answers<Result, std::invoke_result_t<Handler, Request, LobbyType, ExecutionContext>>;
  } else if constexpr (std::is_invocable_v<Handler, Request, LobbyType>) {
    return answers<Result, std::invoke_result_t<Handler, Request, LobbyType>>;
  } else if constexpr (std::is_invocable_v<Handler, Request>) {
    return answers<Result, std::invoke_result_t<Handler, Request>>;
  } else if constexpr (std::is_invocable_v<Handler>) {
    return answers<Result, std::invoke_result_t<Handler>>;
  } else {
    return false;
  }
}

#define PARTY_EDGE_SENTENCE(handler, Returns)                                                                    \
  #handler                                                                                                       \
      " must be one public static member function that takes a prefix of its PartyKit parameters (the request, " \
      "the lobby, the execution context) and returns " Returns " or a Party::Task of it"

template <class T>
void describeEdge(Host::PartyDescriptor& party) {
  if constexpr (HasOnBeforeConnect<T>) {
    constexpr bool fits = requires { requires fitsEdge<RequestOrResponse, decltype(&T::onBeforeConnect), Lobby>(); };
    static_assert(fits, PARTY_EDGE_SENTENCE(onBeforeConnect, "a Request, a Response or a RequestOrResponse"));
    if constexpr (fits) {
      party.onBeforeConnect = [](Request request, Lobby lobby, ExecutionContext context) {
        return callEdge<RequestOrResponse>(&T::onBeforeConnect, std::move(request), std::move(lobby), context);
      };
    }
  }
  if constexpr (HasOnBeforeRequest<T>) {
    constexpr bool fits = requires { requires fitsEdge<RequestOrResponse, decltype(&T::onBeforeRequest), Lobby>(); };
    static_assert(fits, PARTY_EDGE_SENTENCE(onBeforeRequest, "a Request, a Response or a RequestOrResponse"));
    if constexpr (fits) {
      party.onBeforeRequest = [](Request request, Lobby lobby, ExecutionContext context) {
        return callEdge<RequestOrResponse>(&T::onBeforeRequest, std::move(request), std::move(lobby), context);
      };
    }
  }
  if constexpr (HasOnFetch<T>) {
    constexpr bool fits = requires { requires fitsEdge<std::optional<Response>, decltype(&T::onFetch), FetchLobby>(); };
    static_assert(fits, PARTY_EDGE_SENTENCE(onFetch, "a Response or an optional one"));
    if constexpr (fits) {
      party.onFetch = [](Request request, FetchLobby lobby, ExecutionContext context) {
        return callEdge<std::optional<Response>>(&T::onFetch, std::move(request), std::move(lobby), context);
      };
    }
  }
}
#undef PARTY_EDGE_SENTENCE

// True when T, or a class between it and Server, declares the handler. A name that cannot be taken the address of is
// private or overloaded, so it is declared.
#define PARTY_OVERRIDES(handler)                                                 \
  [] {                                                                           \
    if constexpr (requires { &T::handler; }) {                                   \
      return !std::is_same_v<decltype(&T::handler), decltype(&Server::handler)>; \
    } else {                                                                     \
      return true;                                                               \
    }                                                                            \
  }()

template <class T>
Host::PartyDescriptor describe(std::string name) {
  Host::PartyDescriptor party;
  party.name = std::move(name);
  party.type = &typeid(T);
  party.construct = [](Room& room) -> std::unique_ptr<Server> { return std::make_unique<T>(room); };
  party.overrides.onStart = PARTY_OVERRIDES(onStart);
  party.overrides.getConnectionTags = PARTY_OVERRIDES(getConnectionTags);
  party.overrides.onConnect = PARTY_OVERRIDES(onConnect);
  party.overrides.onMessage = PARTY_OVERRIDES(onMessage);
  party.overrides.onClose = PARTY_OVERRIDES(onClose);
  party.overrides.onError = PARTY_OVERRIDES(onError);
  party.overrides.onRequest = PARTY_OVERRIDES(onRequest);
  party.overrides.onAlarm = PARTY_OVERRIDES(onAlarm);
  describeEdge<T>(party);
  return party;
}
#undef PARTY_OVERRIDES

}  // namespace Detail

/// What a class must be to serve as a party; TypeScript's `satisfies Party.Worker`. A static handler that does not fit
/// is a compile error with a sentence in it at `parties<T>()`.
template <class T>
concept Worker =
    std::derived_from<T, Server> && std::constructible_from<T, Room&> && !std::is_abstract_v<T> && !std::is_final_v<T>;

/// The parties of a project under their names, the main one first: `parties<Chat, Game>("main", "game")`. Names match
/// `[a-z0-9_-]+` (CONFIG-4) and differ; anything else throws `Party::Error`.
template <Worker... Servers, class... Names>
  requires(sizeof...(Servers) == sizeof...(Names) && sizeof...(Servers) > 0)
Host::Parties parties(Names... names) {
  Host::Parties result;
  (result.push_back(Detail::describe<Servers>(std::string(names))), ...);
  Host::checkPartyNames(result);
  return result;
}

}  // namespace Party
