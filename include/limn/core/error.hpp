// SPDX-License-Identifier: MIT
// The small family of exceptions. Every message is one sentence that says what, where and with
// which shapes.
#pragma once

#include <stdexcept>
#include <string>

namespace limn::inline v0 {

/// Base of everything that limn throws.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Shapes, layers or options that do not fit together.
struct ShapeError : Error {
  using Error::Error;
};

/// Files: missing, unreadable, truncated, of another kind, not writable.
struct IoError : Error {
  using Error::Error;
};

/// The device: out of memory, an instruction set or card that is not there, data of a dry device.
struct DeviceError : Error {
  using Error::Error;
};

/// Values: something that must be finite is not.
struct NumericError : Error {
  using Error::Error;
};

/// A value asked for that the caller may not ask for: options that contradict, a run that is there
/// already.
struct UsageError : Error {
  using Error::Error;
};

/// Whoever asked for something asked to stop it, and it stopped.
struct Cancelled : Error {
  using Error::Error;
};

}  // namespace limn::inline v0
