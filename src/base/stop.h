#pragma once

#include <atomic>
#include <chrono>

namespace keelrow {

/// Ctrl-C and SIGTERM as a question that every long loop asks: `if (StopRequested()) …`.
/// The handlers only set a flag and write to a pipe; a second Ctrl-C ends the program at once.
/// What a write can report itself (no reader, file too large) is no signal any more.
void InstallStopSignals();
bool StopRequested();
/// The signal that asked to stop, or 0.
int StopSignal();
/// Throws kInterrupted when a stop was requested.
void ThrowIfStopped();
/// For tests and for a server that stops itself.
void RequestStop(int signal = 15);
void ResetStop();
/// Waits until a stop is requested or the time has passed; true when stopped.
bool WaitForStop(std::chrono::milliseconds time);

}  // namespace keelrow
