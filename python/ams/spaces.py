"""Spaces and base classes: Gymnasium's where it is installed, else small ones of the same interface."""
from __future__ import annotations

from typing import Any

import numpy as np

try:
    from gymnasium.core import Env as EnvBase
    from gymnasium.spaces import Box, Discrete, MultiDiscrete
    from gymnasium.vector import VectorEnv as VectorEnvBase

    GYMNASIUM = True
except ImportError:
    GYMNASIUM = False

    class EnvBase:  # type: ignore[no-redef]
        """What wrappers and agents ask of an environment beside reset and step."""

        metadata: dict[str, Any] = {"render_modes": []}
        render_mode = None
        spec = None

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            """Gymnasium's seeds a generator here, which our environments do not use."""

        @property
        def unwrapped(self) -> Any:
            """Itself."""
            return self

        def get_wrapper_attr(self, name: str) -> Any:
            """An attribute of it."""
            return getattr(self, name)

        def has_wrapper_attr(self, name: str) -> bool:
            """Whether it has one."""
            return hasattr(self, name)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_failure: Any) -> None:
            self.close()

    VectorEnvBase = EnvBase  # type: ignore[misc,assignment]

    class _Space:
        def __init__(self, shape: tuple, dtype: Any, seed: int | None = None):
            self.shape, self.dtype = shape, np.dtype(dtype)
            self.seed(seed)

        def seed(self, seed: int | None = None) -> None:
            """Seeds what ``sample`` draws with."""
            self.np_random = np.random.default_rng(seed)

        def __contains__(self, value: Any) -> bool:
            return self.contains(value)

    class Box(_Space):  # type: ignore[no-redef]
        """Arrays between two bounds."""

        def __init__(self, low: float, high: float, shape: tuple, dtype: Any = np.float32):
            super().__init__(shape, dtype)
            self.low, self.high = np.full(shape, low, dtype), np.full(shape, high, dtype)

        def contains(self, value: Any) -> bool:
            """Whether an array has the shape and stays within the bounds."""
            return np.shape(value) == self.shape and bool(np.all((value >= self.low) & (value <= self.high)))

        def sample(self) -> np.ndarray:
            """A random array."""
            return self.np_random.uniform(self.low, self.high).astype(self.dtype)

    class Discrete(_Space):  # type: ignore[no-redef]
        """0 to n - 1."""

        def __init__(self, n: int):
            super().__init__((), np.int64)
            self.n, self.start = n, 0

        def contains(self, value: Any) -> bool:
            """Whether it is one of the n."""
            return 0 <= int(value) < self.n

        def sample(self, mask: np.ndarray | None = None) -> np.int64:
            """A random one of those that the mask (n) has."""
            return self.np_random.choice(np.flatnonzero(mask) if mask is not None else self.n)

    class MultiDiscrete(_Space):  # type: ignore[no-redef]
        """A vector of such numbers."""

        def __init__(self, nvec: Any):
            self.nvec = np.asarray(nvec, np.int64)
            super().__init__(self.nvec.shape, np.int64)

        def contains(self, value: Any) -> bool:
            """Whether each is within its range."""
            return np.shape(value) == self.shape and bool(np.all((np.asarray(value) >= 0) & (value < self.nvec)))

        def sample(self) -> np.ndarray:
            """A random vector."""
            return self.np_random.integers(self.nvec)
