"""Who asks, over REST: the bearer of a token."""

from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class BearerToken(TokenAuthentication):  # type: ignore[misc]  # it comes without types
    """Knox takes for granted that a token is text; whatever a stranger sends is answered, not an error of ours."""

    def authenticate_credentials(self, token: bytes) -> Any:
        try:
            token.decode()
        except UnicodeDecodeError:
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)


class BearerTokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]
    target_class = "transitions.access.tokens.BearerToken"
