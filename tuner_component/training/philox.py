"""TensorFlow's stateless random bits of a seed, from arithmetic on whole numbers.

Its own operation knows one seed at a time; arithmetic works on those of many models at
once. Philox-4x32-10: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_ROUNDS = 10
_FACTORS = 0xD2511F53, 0xCD9E8D57
_STEPS = 0x9E3779B9, 0xBB67AE85
_MIXING_KEY = 0x3EC8F720, 0x02461E29


def bits(shape: Any, seed: Any) -> Any:
    """Returns what `tf.random.stateless_uniform` of full-range uint32 does.

    Args:
        shape: Of the result.
        seed: Two whole numbers of 32 bits with sign.
    """
    import tensorflow as tf

    size = tf.reduce_prod(tf.convert_to_tensor(shape, tf.int32))
    num_blocks = (size + 3) // 4
    key, high = _key_and_counter(seed)
    low = tf.cast(tf.range(num_blocks), tf.uint32)
    zeros = tf.zeros_like(low)
    blocks = _philox((low, zeros, high[0] + zeros, high[1] + zeros), key)
    return tf.reshape(tf.reshape(tf.stack(blocks, axis=-1), [-1])[:size], shape)


def _key_and_counter(seed: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """Returns the key, and the upper half of the counter, of a seed."""
    import tensorflow as tf

    wide = tf.cast(tf.unstack(seed, 2), tf.int64)
    words = tf.reshape(tf.bitcast(wide, tf.uint32), [4])
    mixed = _philox(tf.unstack(words), [_word(each) for each in _MIXING_KEY])
    return mixed[:2], mixed[2:]


def _philox(counter: Sequence[Any], key: Sequence[Any]) -> Sequence[Any]:
    zero, one, two, three = counter
    for _ in range(_ROUNDS):
        (high, low), (other_high, other_low) = (
            _product(factor, word)
            for factor, word in zip(_FACTORS, (zero, two), strict=True)
        )
        zero, two = _xor(other_high, one, key[0]), _xor(high, three, key[1])
        one, three = other_low, low
        key = [word + _word(step) for word, step in zip(key, _STEPS, strict=True)]
    return zero, one, two, three


def _product(factor: int, word: Any) -> tuple[Any, Any]:
    """Returns the upper and the lower 32 bits."""
    import tensorflow as tf

    product = tf.cast(word, tf.uint64) * tf.constant(factor, tf.uint64)
    high = tf.bitwise.right_shift(product, tf.constant(32, tf.uint64))
    return tf.cast(high, tf.uint32), word * _word(factor)


def _xor(first: Any, second: Any, third: Any) -> Any:
    import tensorflow as tf

    return tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(first, second), third)


def _word(number: int) -> Any:
    import tensorflow as tf

    return tf.constant(number, tf.uint32)
