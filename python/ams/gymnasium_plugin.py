"""Makes Gymnasium find the environments; it calls ``register`` when it is imported itself."""


def register() -> None:
    """From here on ``gymnasium.make("ams/Items-v0", data=...)`` and ``make_vec`` work."""
    from gymnasium.envs import registration

    if "ams/Items-v0" not in registration.registry:
        registration.register("ams/Items-v0", entry_point="ams.env:Env", vector_entry_point="ams.env:VectorEnv",
                              disable_env_checker=True)
