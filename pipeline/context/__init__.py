"""What the stages of a run share: settings, scope, locks, timers, progress, notifications."""
