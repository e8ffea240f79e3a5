"""The tools: `search` asks a service, `calculate` does it here."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import httpx
from langchain_core.tools import BaseTool, StructuredTool


@dataclass(frozen=True)
class ToolService:
    """Makes the tools that agents may use."""

    http: httpx.AsyncClient
    url: str
    timeout: float

    def tools(self) -> list[BaseTool]:
        """Describe the tools as models want them; docstrings tell them what for."""
        return [
            StructuredTool.from_function(coroutine=self.search),
            StructuredTool.from_function(calculate),
        ]

    async def search(self, query: str) -> str:
        """Search for facts."""
        answer = await self.http.get(
            f"{self.url}/search", params={"q": query}, timeout=self.timeout
        )
        return answer.raise_for_status().text


def calculate(expression: str) -> float:
    """Calculate with numbers, + - * / and parentheses."""
    return _value(ast.parse(expression, mode="eval").body)


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand)
        case ast.BinOp(left, ast.Add(), right):
            return _value(left) + _value(right)
        case ast.BinOp(left, ast.Sub(), right):
            return _value(left) - _value(right)
        case ast.BinOp(left, ast.Mult(), right):
            return _value(left) * _value(right)
        case ast.BinOp(left, ast.Div(), right):
            return _value(left) / _value(right)
        case _:
            raise ValueError(f"Cannot calculate {ast.unparse(node)}")
