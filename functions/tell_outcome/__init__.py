"""An approval ended, however it did: who was asked hears of it once."""
