#pragma once

namespace keelrow {

/// Gives back to the system what the allocator keeps for later, after work that has taken much more
/// than it leaves. Takes milliseconds.
void GiveBackMemory();

}  // namespace keelrow
